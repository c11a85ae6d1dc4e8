// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.UuidV7;
import dev.writ.fixtures.GrubBoot;
import dev.writ.ledger.KeptBootLog;
import dev.writ.policy.BootReference;
import dev.writ.policy.BootReference.Effect;
import dev.writ.policy.ReferenceSet;
import dev.writ.policy.ReferenceSet.Bank;
import dev.writ.tlog.Hash;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
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

/** Why a decision was made, and what changed before it. */
final class ExplanationTest {
  private static final Set<Integer> PCRS = Set.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 12);
  private static final int MAX_JSON = 1 << 20;

  /** Advice that each denial has: these hosts' TPMs say that they are simulators. */
  private static final String SIMULATOR =
      "the TPM is a simulator, for which no maker vouches: run the host on a real one";

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

  /** Secure Boot, and the loaders of the usual boot. */
  private static ReferenceSet usual(Effect effect) {
    Set<String> loaders =
        Set.copyOf(
            new GrubBoot()
                .applicationDigests().stream().map(digest -> Hash.of(digest).hex()).toList());
    BootReference boot =
        new BootReference(
            PCRS,
            true,
            Set.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(Map.of(Bank.SHA256, loaders)),
            Optional.empty(),
            effect);
    return new ReferenceSet(
        "usual", "", Set.of(ReferenceSet.ANY_HOST), Map.of(), Optional.of(boot), Optional.empty());
  }

  private void judgeBy(ReferenceSet set) {
    deployment.policy(policy -> policy.referenceSets(List.of(set)));
  }

  /** The service runs, and the host was allowed something after the usual boot. */
  private void allowedUnder(ReferenceSet set) throws Exception {
    judgeBy(set);
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    allowed(new GrubBoot());
  }

  private IssuanceOutcome after(GrubBoot boot) {
    host = host.bootedInto(boot);
    return deployment.attest(host);
  }

  private void allowed(GrubBoot boot) {
    assertThat(after(boot)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  private void denied(GrubBoot boot) {
    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, after(boot));
  }

  private Explanations.Outcome explain(LeafName name) throws Exception {
    return deployment.service().explanations().explain(name);
  }

  private Explanation explained(LeafName name) throws Exception {
    Explanations.Outcome outcome = explain(name);
    assertThat(outcome).isInstanceOf(Explanations.Outcome.Explained.class);
    return ((Explanations.Outcome.Explained) outcome).explanation();
  }

  private Explanation last() throws Exception {
    return explained(new LeafName.Index(deployment.leaves() - 1));
  }

  private static JsonMembers json(Explanation explanation) throws Exception {
    return json(explanation.toJson());
  }

  private static JsonMembers json(byte[] json) throws Exception {
    requireDescribed("Explanation", json);
    return StrictJson.parse(json, MAX_JSON);
  }

  /** As the contract has it. */
  static void requireDescribed(String schema, byte[] json) {
    String text = new String(json, UTF_8);
    Contracts contract = Contracts.parse(new String(Contract.bytes(), UTF_8));
    assertThat(Contracts.isValid(contract.schema(schema), new JsonObject(text).getMap()))
        .as(text)
        .isTrue();
  }

  private static List<String> changes(Explanation explanation) throws Exception {
    List<String> texts = new ArrayList<>();
    for (JsonMembers change : json(explanation).object("boot").objects("changes", 200)) {
      texts.add(change.integer("pcr", 0, 23) + ": " + change.text("text"));
    }
    return texts;
  }

  private static String grubOf(GrubBoot boot) {
    return Hash.of(boot.applicationDigests().get(1)).hex();
  }

  private static String digits(String measured) {
    return Hash.sha256(measured.getBytes(UTF_8)).hex().substring(0, 12) + "…";
  }

  @Test
  void denialAfterAnotherLoader_namesItAndProposesIt() throws Exception {
    allowedUnder(usual(Effect.REFUSE));
    GrubBoot other = new GrubBoot().grub("grub 2.12");
    denied(other);

    Explanation explanation = last();

    assertThat(changes(explanation))
        .containsExactly(
            "4: boot application 2 is digest "
                + digits("grub 2.12")
                + ", was digest "
                + digits("grub 2.06")
                + "; the log says \"\\EFI\\debian\\grubx64.efi\"");
    JsonMembers json = json(explanation);
    assertThat(json.text("verdict")).isEqualTo("deny");
    assertThat(json.text("code")).isEqualTo("environment_untrusted");
    assertThat(json.text("reason")).isEqualTo("measured-state");
    assertThat(json.text("host")).isEqualTo("host-a");
    assertThat(json.objects("policy_reasons", 9).get(0).text("rule")).isEqualTo("measured-state");
    assertThat(json.objects("policy_rules", 9))
        .singleElement()
        .satisfies(
            rule -> {
              assertThat(rule.text("id")).isEqualTo("measured-state");
              assertThat(rule.text("must_be")).isEqualTo("true");
              assertThat(rule.text("when")).contains("trust.");
              assertThat(rule.objects("saw", 9)).isNotEmpty();
            });
    assertThat(json.object("boot").objects("pcrs", 24)).hasSize(1);
    assertThat(json.objects("rules", 99))
        .anySatisfy(
            rule -> {
              assertThat(rule.text("reason")).isEqualTo("boot_application");
              assertThat(rule.text("tier")).isEqualTo("contraindicated");
              assertThat(rule.text("actual")).contains(grubOf(other));
              assertThat(rule.text("expected")).contains("2 digests allowed");
            });
    JsonMembers proposal = json.object("proposal");
    assertThat(proposal.text("status")).isEqualTo("proposed, approved by nobody");
    assertThat(proposal.text("diff"))
        .startsWith("--- usual of dev version 1\n+++ usual (proposed, approved by nobody)\n@@ ")
        .contains("+        \"" + grubOf(other) + "\"");
    assertThat(json.texts("advice", 9))
        .containsExactly(
            SIMULATOR,
            "the set is for every host that no other set names: what is added holds for them all");

    judgeBy(ReferenceSet.parse(proposal.text("reference_set").getBytes(UTF_8)));
    deployment.restart();
    allowed(other);
    allowed(new GrubBoot());
    denied(new GrubBoot().grub("grub of somebody else"));
  }

  @Test
  void denialWithoutSecureBoot_proposesNothingAndSaysWhatToDo() throws Exception {
    allowedUnder(usual(Effect.REFUSE));
    denied(new GrubBoot().withoutSecureBoot());

    Explanation explanation = last();

    assertThat(changes(explanation)).containsExactly("7: Secure Boot is off, was on");
    JsonMembers json = json(explanation);
    assertThat(json.has("proposal")).isFalse();
    assertThat(json.texts("advice", 9))
        .containsExactly("turn Secure Boot on in the firmware's setup", SIMULATOR);
  }

  @Test
  void extendThatNobodyLogged_isToldAsThat() throws Exception {
    allowedUnder(usual(Effect.REFUSE));
    host = host.bootedInto(new GrubBoot());
    host.extend(8, "what is in no log");
    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));

    Explanation explanation = last();

    assertThat(changes(explanation))
        .singleElement()
        .satisfies(
            text ->
                assertThat(text)
                    .startsWith(
                        "8: the log explains PCR 8 no more: unexplained extend in PCR 8 of sha256"));
    assertThat(json(explanation).has("proposal")).isFalse();
    assertThat(json(explanation).texts("advice", 9).get(0))
        .startsWith("nothing can be proposed for what no log explains: ");
  }

  @Test
  void permission_isComparedWithTheBootBefore() throws Exception {
    allowedUnder(usual(Effect.WARN));
    allowed(new GrubBoot().firmware("firmware 1.1").commandLine("/vmlinuz root=/dev/sda2 single"));
    // Of one boot, whose log is kept with its first decision.
    IssuanceOutcome again = deployment.attest(host);

    UuidV7 jti = Deployment.claims(again).jti();
    Explanation explanation = explained(new LeafName.Id(jti));

    assertThat(changes(explanation))
        .containsExactly(
            "0: the firmware's version is \"firmware 1.1\", was \"firmware 1.0\"",
            "8: the kernel's command line is \"/vmlinuz root=/dev/sda2 single\","
                + " was \"/vmlinuz root=/dev/sda2 ro\"",
            "8: digest "
                + digits("linux /vmlinuz root=/dev/sda2 single")
                + " is new; the log says \"GRUB command linux /vmlinuz root=/dev/sda2 single\"",
            "8: digest "
                + digits("linux /vmlinuz root=/dev/sda2 ro")
                + " is gone; the log said \"GRUB command linux /vmlinuz root=/dev/sda2 ro\"");
    JsonMembers json = json(explanation);
    assertThat(json.text("verdict")).isEqualTo("allow");
    assertThat(json.flag("rules_known")).isTrue();
    assertThat(json.objects("rules", 99)).isNotEmpty();
    assertThat(json.has("code") || json.has("proposal")).isFalse();
    List<KeptBootLog> kept = deployment.service().ledger().bootLogs(host.akName());
    assertThat(kept).extracting(KeptBootLog::decision).containsOnly(KeptBootLog.Decision.ALLOWED);
    assertThat(kept).hasSize(2);
  }

  @Test
  void logOfOneBootInTwoCodings_isKeptOnce() throws Exception {
    allowedUnder(usual(Effect.REFUSE));
    GrubBoot bad = new GrubBoot().withoutSecureBoot();
    denied(bad);
    // A parser of logs takes what ends with the host's own words, here more of them.
    host.show(withAnotherEnd(bad.log()));
    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));

    assertThat(deployment.service().ledger().bootLogs(host.akName()))
        .extracting(KeptBootLog::decision)
        .containsExactlyInAnyOrder(KeptBootLog.Decision.ALLOWED, KeptBootLog.Decision.DENIED);
    assertThat(changes(last())).containsExactly("7: Secure Boot is off, was on");
  }

  /** The log with an event that is not measured. */
  private static byte[] withAnotherEnd(byte[] log) {
    byte[] more = new byte[4 + 4 + 4 + 2 + 32 + 4 + 4];
    more[4] = 3;
    more[8] = 1;
    more[12] = 0x0b;
    more[46] = 4;
    byte[] all = Arrays.copyOf(log, log.length + more.length);
    System.arraycopy(more, 0, all, log.length, more.length);
    return all;
  }

  @Test
  void logOfAnotherBoot_isNotKept() throws Exception {
    allowedUnder(usual(Effect.REFUSE));
    host = host.sameTpmAndKeys();
    host.show(new GrubBoot().log());
    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));

    assertThat(deployment.service().ledger().bootLogs(host.akName()))
        .extracting(KeptBootLog::decision)
        .containsExactly(KeptBootLog.Decision.ALLOWED);
    assertThat(json(last()).object("boot").text("note")).contains("is not kept");
  }

  @Test
  void decision_isFoundByItsIdToo() throws Exception {
    allowedUnder(usual(Effect.REFUSE));
    denied(new GrubBoot().withoutSecureBoot());
    UuidV7 id = deployment.lastLeaf().id();

    assertThat(explained(new LeafName.Id(id)).decision().index())
        .isEqualTo(deployment.leaves() - 1);
    assertThat(explain(new LeafName.Id(UuidV7.next(deployment.clock, deployment.random))))
        .isInstanceOf(Explanations.Outcome.Unknown.class);
    assertThat(explain(new LeafName.Index(0))).isInstanceOf(Explanations.Outcome.Unknown.class);
    assertThat(explain(new LeafName.Index(deployment.leaves())))
        .isInstanceOf(Explanations.Outcome.Unknown.class);
  }

  @Test
  void erasedPayload_isSaidToBeErased() throws Exception {
    allowedUnder(usual(Effect.REFUSE));
    long good = deployment.leaves() - 1;
    denied(new GrubBoot().withoutSecureBoot());
    long bad = deployment.leaves() - 1;
    assertThat(deployment.service().ledger().payloads().erase(good)).isTrue();

    JsonMembers boot = json(last()).object("boot");
    assertThat(boot.flag("compared")).isFalse();
    assertThat(boot.text("note")).contains("no boot log of an earlier boot");
    assertThat(boot.objects("changes", 9)).isEmpty();

    assertThat(deployment.service().ledger().payloads().erase(bad)).isTrue();
    assertThat(explain(new LeafName.Index(bad))).isEqualTo(new Explanations.Outcome.Erased(bad));
  }

  @Test
  void olderDenial_whoseLogGaveWay_isExplainedWithoutIt() throws Exception {
    allowedUnder(usual(Effect.REFUSE));
    denied(new GrubBoot().grub("grub 2.12"));
    long first = deployment.leaves() - 1;
    denied(new GrubBoot().withoutSecureBoot());

    JsonMembers json = json(explained(new LeafName.Index(first)));

    assertThat(json.object("boot").text("note")).contains("is not kept");
    assertThat(json.flag("rules_known")).isTrue();
    assertThat(json.has("proposal")).isFalse();
    assertThat(json.texts("advice", 9))
        .containsExactly(
            "the boot log is not kept, so that nothing is proposed for boot_application",
            SIMULATOR);
  }

  @Test
  void denialBeforeAnyAppraisal_isExplainedByItsReasonAlone() throws Exception {
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    Application application =
        host.answer(
            deployment.challenge(host),
            Deployment.request(
                "https://other.example",
                "tenant",
                Deployment.workloadOf("host-a"),
                Optional.empty(),
                host.jkt()));
    Deployment.denial(DenialCode.SCOPE_EXCEEDED, deployment.issue(application));

    JsonMembers json = json(last());

    assertThat(json.text("reason")).isEqualTo("issuer_mismatch");
    assertThat(json.text("message")).contains("iss must be https://writ.example");
    assertThat(json.flag("rules_known")).isFalse();
  }

  @Test
  void storeThatSomebodyChanged_isNotExplained() throws Exception {
    SoftwareHost stranger = deployment.host("host-b");
    allowedUnder(usual(Effect.REFUSE));
    long index = deployment.leaves() - 1;
    KeptDecision other =
        KeptDecision.read(
                deployment.service().ledger(),
                index,
                deployment.service().ledger().leaf(index).orElseThrow())
            .orElseThrow();
    assertThat(deployment.enrol(stranger)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    KnownHost known = deployment.service().hosts().named(stranger.ak.name()).orElseThrow();

    assertThatThrownBy(() -> other.quote(known))
        .isInstanceOfSatisfying(
            DeniedException.class,
            denied -> assertThat(denied.denial().reason()).isEqualTo("payload_contradicts"));
  }
}
