// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.StrictJson;
import dev.writ.fixtures.GrubBoot;
import dev.writ.policy.BootReference;
import dev.writ.policy.BootReference.Effect;
import dev.writ.policy.ReferenceSet;
import dev.writ.policy.ReferenceSet.Bank;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is proposed where values of PCRs do not match, and what never is. */
final class ReferenceAmendmentTest {
  private static final byte[] LOST = Hash.sha256("an image with a hole".getBytes(UTF_8)).bytes();
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

  private static BootReference boot(Set<Integer> pcrs, boolean secureBoot, Set<String> dbx) {
    return new BootReference(
        pcrs,
        secureBoot,
        dbx,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Effect.WARN);
  }

  /** Golden values of the boot, of these PCRs. */
  private ReferenceSet golden(GrubBoot boot, Optional<BootReference> events, Set<Integer> indices) {
    SoftwareHost booted = deployment.host("host-golden").bootedInto(boot);
    Map<Integer, List<String>> values = new LinkedHashMap<>();
    indices.forEach(index -> values.put(index, List.of(Hash.of(booted.pcr(index)).hex())));
    return new ReferenceSet(
        "golden", "", Set.of("host-a"), Map.of(Bank.SHA256, values), events, Optional.empty());
  }

  private void started(ReferenceSet set, GrubBoot first) throws Exception {
    deployment.policy(policy -> policy.referenceSets(List.of(set)));
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    host = host.bootedInto(first);
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  private JsonMembers explainedDenial() throws Exception {
    Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));
    byte[] json =
        ((Explanations.Outcome.Explained)
                deployment
                    .service()
                    .explanations()
                    .explain(new LeafName.Index(deployment.leaves() - 1)))
            .explanation()
            .toJson();
    ExplanationTest.requireDescribed("Explanation", json);
    return StrictJson.parse(json, 1 << 20);
  }

  private static List<String> values(JsonMembers json, int pcr) throws Exception {
    ReferenceSet proposed =
        ReferenceSet.parse(json.object("proposal").text("reference_set").getBytes(UTF_8));
    return Objects.requireNonNull(
        Objects.requireNonNull(proposed.pcrs().get(Bank.SHA256)).get(pcr));
  }

  private static void requireNothing(JsonMembers json, String... why) throws Exception {
    assertThat(json.has("proposal")).isFalse();
    List<String> advice = json.texts("advice", 32);
    for (String each : why) {
      assertThat(advice).anySatisfy(note -> assertThat(note).contains(each));
    }
  }

  @Test
  void goldenPcr7_withSecureBootOff_isNotProposed() throws Exception {
    started(
        golden(new GrubBoot(), Optional.of(boot(Set.of(7), true, Set.of())), Set.of(7)),
        new GrubBoot());
    host = host.bootedInto(new GrubBoot().withoutSecureBoot());

    requireNothing(explainedDenial(), "no value of PCR sha256:7 is proposed: secure_boot ");
  }

  @Test
  void goldenPcr7_withSecureBootOffThatIsNotDemanded_isNotProposed() throws Exception {
    started(
        golden(new GrubBoot(), Optional.of(boot(Set.of(7), false, Set.of())), Set.of(7)),
        new GrubBoot());
    host = host.bootedInto(new GrubBoot().withoutSecureBoot());

    requireNothing(explainedDenial(), "no value of PCR sha256:7 is proposed: ");
  }

  @Test
  void goldenPcr7_withLostEntriesOfDbx_isNotProposed() throws Exception {
    GrubBoot good = new GrubBoot().forbidding(LOST);
    started(
        golden(good, Optional.of(boot(Set.of(7), true, Set.of(Hash.of(LOST).hex()))), Set.of(7)),
        good);
    host = host.bootedInto(new GrubBoot());

    requireNothing(explainedDenial(), "no value of PCR sha256:7 is proposed: secure_boot_dbx ");
  }

  @Test
  void goldenPcr7_withEntriesLostSinceTheLastGoodBoot_isNotProposed() throws Exception {
    GrubBoot good = new GrubBoot().forbidding(LOST);
    started(golden(good, Optional.of(boot(Set.of(7), true, Set.of())), Set.of(7)), good);
    host = host.bootedInto(new GrubBoot());

    requireNothing(explainedDenial(), "no value of PCR sha256:7 is proposed: dbx has lost entries");
  }

  @Test
  void goldenPcr7_withMoreInDbx_isProposed() throws Exception {
    started(
        golden(new GrubBoot(), Optional.of(boot(Set.of(7), true, Set.of())), Set.of(7)),
        new GrubBoot());
    host = host.bootedInto(new GrubBoot().forbidding(LOST));

    assertThat(values(explainedDenial(), 7)).hasSize(2).contains(Hash.of(host.pcr(7)).hex());
  }

  @Test
  void goldenValues_withoutABootLog_areNotProposed() throws Exception {
    started(golden(new GrubBoot(), Optional.empty(), Set.of(7, 8)), new GrubBoot());
    host = host.bootedInto(new GrubBoot().withoutSecureBoot().commandLine("another"));

    requireNothing(
        explainedDenial(),
        "no value of PCR sha256:7 is proposed: no boot log is known",
        "no value of PCR sha256:8 is proposed: no boot log is known");
  }

  @Test
  void goldenPcr8_withAnExtendThatNobodyLogged_isNotProposed() throws Exception {
    started(
        golden(new GrubBoot(), Optional.of(boot(Set.of(4, 7), true, Set.of())), Set.of(8)),
        new GrubBoot());
    host = host.bootedInto(new GrubBoot());
    host.extend(8, "what is in no log");

    requireNothing(
        explainedDenial(), "no value of PCR sha256:8 is proposed: the boot log does not");
  }

  @Test
  void goldenPcr8_thatTheLogExplains_isProposed() throws Exception {
    started(
        golden(new GrubBoot(), Optional.of(boot(Set.of(4, 7, 8), true, Set.of())), Set.of(8)),
        new GrubBoot());
    host = host.bootedInto(new GrubBoot().commandLine("/vmlinuz of tomorrow"));

    assertThat(values(explainedDenial(), 8)).hasSize(2).contains(Hash.of(host.pcr(8)).hex());
  }

  @Test
  void application_whileSecureBootIsOff_isNotProposed() throws Exception {
    Set<String> loaders =
        Set.copyOf(
            new GrubBoot().applicationDigests().stream().map(of -> Hash.of(of).hex()).toList());
    BootReference events =
        new BootReference(
            Set.of(4, 7),
            true,
            Set.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(Map.of(Bank.SHA256, loaders)),
            Optional.empty(),
            Effect.REFUSE);
    started(
        new ReferenceSet(
            "apps", "", Set.of("host-a"), Map.of(), Optional.of(events), Optional.empty()),
        new GrubBoot());
    host = host.bootedInto(new GrubBoot().withoutSecureBoot().grub("grub of somebody else"));

    requireNothing(explainedDenial(), "nothing is proposed for boot_application: secure_boot ");
  }
}
