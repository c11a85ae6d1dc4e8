// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.StrictJson;
import dev.writ.fixtures.GrubBoot;
import dev.writ.policy.BootReference;
import dev.writ.policy.ReferenceSet;
import dev.writ.policy.ReferenceSet.Bank;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reference values learned from a named host: they accept it, and refuse it once it changed. */
final class LearnedReferencesTest {
  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;
  private SoftwareHost host;

  @BeforeAll
  static void makeToken() throws Exception {
    token = ServiceToken.create();
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @BeforeEach
  void make() {
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  /** A boot log is asked for, and nothing of it is demanded: how an operator begins. */
  private static ReferenceSet watching(Set<Integer> pcrs) {
    BootReference boot =
        new BootReference(
            pcrs,
            false,
            Set.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            BootReference.Effect.WARN);
    return new ReferenceSet(
        "watching",
        "",
        Set.of(ReferenceSet.ANY_HOST),
        Map.of(),
        Optional.of(boot),
        Optional.empty());
  }

  private void started(ReferenceSet set) throws Exception {
    deployment.policy(policy -> policy.referenceSets(List.of(set)));
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  private IssuanceOutcome after(GrubBoot boot) {
    host = host.bootedInto(boot);
    return deployment.attest(host);
  }

  private Explanations.Learning learned(Explanations.From from) throws Exception {
    Explanations.LearningOutcome outcome =
        deployment.service().explanations().learn("host-a", from);
    assertThat(outcome).isInstanceOf(Explanations.LearningOutcome.Learned.class);
    return ((Explanations.LearningOutcome.Learned) outcome).learning();
  }

  @Test
  void learnedSet_acceptsTheHostAndRefusesItOnceItChanged() throws Exception {
    started(watching(Set.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 12)));
    assertThat(after(new GrubBoot())).isInstanceOf(IssuanceOutcome.Issued.class);

    ReferenceSet learned = learned(Explanations.From.ALLOWED).learned().set();
    assertThat(learned.name()).isEqualTo("host-host-a");
    assertThat(learned.hosts()).containsExactly("host-a");
    BootReference boot = learned.boot().orElseThrow();
    assertThat(boot.secureBoot()).isTrue();
    assertThat(boot.pcrs()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 12);
    assertThat(boot.applications().orElseThrow().get(Bank.SHA256)).hasSize(2);
    assertThat(boot.commandLines().orElseThrow().get(Bank.SHA256)).isNotEmpty();
    assertThat(learned.pcrs().get(Bank.SHA256)).containsOnlyKeys(4);

    // As a reviewer decides: what warned shall refuse.
    ReferenceSet reviewed =
        ReferenceSet.parse(
            learned
                .text()
                .replace("\"effect\": \"warn\"", "\"effect\": \"refuse\"")
                .getBytes(UTF_8));
    deployment.policy(policy -> policy.referenceSets(List.of(reviewed)));
    deployment.restart();

    assertThat(after(new GrubBoot())).isInstanceOf(IssuanceOutcome.Issued.class);
    for (GrubBoot changed :
        List.of(
            new GrubBoot().grub("grub 2.12"),
            new GrubBoot().withoutSecureBoot(),
            new GrubBoot().commandLine("/vmlinuz init=/bin/sh"))) {
      Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, after(changed));
    }
  }

  @Test
  void latestBoot_isLearnedFromOnlyWhereItIsAskedFor() throws Exception {
    ReferenceSet demanding =
        ReferenceSet.parse(
            watching(Set.of(4, 7))
                .text()
                .replace("warn", "refuse")
                .replace("\"secure_boot\": false", "\"secure_boot\": true")
                .getBytes(UTF_8));
    started(demanding);
    assertThat(after(new GrubBoot())).isInstanceOf(IssuanceOutcome.Issued.class);
    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, after(new GrubBoot().withoutSecureBoot()));

    assertThat(learned(Explanations.From.ALLOWED).learned().set().boot().orElseThrow().secureBoot())
        .isTrue();
    Explanations.Learning latest = learned(Explanations.From.LATEST);
    String denied =
        "this boot was DENIED: environment_untrusted, leaf " + (deployment.leaves() - 1);
    assertThat(latest.learned().set().boot().orElseThrow().secureBoot()).isTrue();
    assertThat(latest.learned().set().description()).isEqualTo(denied + ".");
    assertThat(latest.learned().notes())
        .startsWith(denied)
        .contains(
            "secure_boot stays demanded, though this boot had it off, weakened or unexplained");
    byte[] told = Explanation.toJson(latest, deployment.service().policy().document());
    ExplanationTest.requireDescribed("Learned", told);
    JsonMembers json = StrictJson.parse(told, 1 << 20);
    assertThat(json.text("verdict")).isEqualTo("deny");
    assertThat(json.object("proposal").text("diff"))
        .contains("+++ host-host-a (proposed, approved by nobody; " + denied + ")\n")
        .doesNotContain("secure_boot\": false");
  }

  @Test
  void demandsThatTheBootDoesNotMeet_stay() throws Exception {
    byte[] image = Hash.sha256(new byte[] {1}).bytes();
    byte[] other = Hash.sha256(new byte[] {2}).bytes();
    BootReference boot =
        new BootReference(
            Set.of(4, 7, 9),
            true,
            Set.of(Hash.of(image).hex()),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            BootReference.Effect.WARN);
    started(
        new ReferenceSet(
            "demanding", "", Set.of("host-a"), Map.of(), Optional.of(boot), Optional.empty()));
    assertThat(after(new GrubBoot().withoutSecureBoot().forbidding(other)))
        .isInstanceOf(IssuanceOutcome.Issued.class);

    LearnedReferences.Learned learned = learned(Explanations.From.ALLOWED).learned();

    BootReference set = learned.set().boot().orElseThrow();
    assertThat(set.secureBoot()).isTrue();
    assertThat(set.pcrs()).contains(4, 7, 9);
    assertThat(set.dbx()).containsExactlyInAnyOrder(Hash.of(image).hex(), Hash.of(other).hex());
    assertThat(learned.notes())
        .contains("dbx keeps 1 entries that this boot did not have")
        .noneMatch(note -> note.contains("DENIED"));
  }

  @Test
  void latestBootWhoseLogDoesNotHold_isNotReplacedByAnOlderOne() throws Exception {
    started(watching(Set.of(4, 7)));
    assertThat(after(new GrubBoot())).isInstanceOf(IssuanceOutcome.Issued.class);
    host = host.sameTpmAndKeys();
    host.show(new byte[] {1});
    assertThat(deployment.attest(host)).isNotInstanceOf(IssuanceOutcome.Issued.class);

    assertThat(deployment.service().explanations().learn("host-a", Explanations.From.LATEST))
        .isInstanceOfSatisfying(
            Explanations.LearningOutcome.Nothing.class,
            nothing -> assertThat(nothing.why()).contains("last boot must be kept and hold"));
  }

  @Test
  void hostWithoutAKeptLog_teachesNothing() throws Exception {
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);

    for (String name : List.of("host-a", "host-nobody-knows")) {
      assertThat(deployment.service().explanations().learn(name, Explanations.From.LATEST))
          .isInstanceOf(Explanations.LearningOutcome.Nothing.class);
    }
  }

  @Test
  void logThatExplainsNoFirmware_teachesNothing() throws Exception {
    started(watching(Set.of(8)));
    assertThat(after(new GrubBoot())).isInstanceOf(IssuanceOutcome.Issued.class);

    assertThat(deployment.service().explanations().learn("host-a", Explanations.From.ALLOWED))
        .isEqualTo(
            new Explanations.LearningOutcome.Nothing(
                "the boot log must explain a PCR of firmware, 0 to 7, and explains none"));
  }
}
