// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static dev.writ.service.ReplayedStore.notSame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.evidence.ImaFormat;
import dev.writ.evidence.ImaSegment;
import dev.writ.evidence.TpmAlg;
import dev.writ.fixtures.GrubBoot;
import dev.writ.fixtures.SoftwareImaList;
import dev.writ.policy.BootReference;
import dev.writ.policy.ImaReference;
import dev.writ.policy.ReferenceSet;
import dev.writ.policy.ReferenceSet.Bank;
import dev.writ.service.Replayed.Standing;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Decisions that looked at logs, of which one is kept for a while and the other never. */
final class ReplayLogsTest {
  private static final Set<Integer> PCRS = Set.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 12);
  private static final Hash KNOWN = Hash.sha256("a known program".getBytes(StandardCharsets.UTF_8));

  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;
  private SoftwareHost host;
  private ReplayedStore store;

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
    store = ReplayedStore.of(deployment);
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  private void enrolledUnder(ReferenceSet set) throws Exception {
    deployment.policy(policy -> policy.referenceSets(List.of(set)));
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  private static ReferenceSet secureBoot() {
    BootReference boot =
        new BootReference(
            PCRS,
            true,
            Set.of(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            BootReference.Effect.REFUSE);
    return new ReferenceSet(
        "usual", "", Set.of(ReferenceSet.ANY_HOST), Map.of(), Optional.of(boot), Optional.empty());
  }

  private long after(GrubBoot boot, boolean allowed) {
    host = host.bootedInto(boot);
    return attested(allowed);
  }

  private long attested(boolean allowed) {
    IssuanceOutcome outcome = deployment.attest(host);
    if (allowed) {
      assertThat(outcome).isInstanceOf(IssuanceOutcome.Issued.class);
    } else {
      Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, outcome);
    }
    return deployment.leaves() - 1;
  }

  @Test
  void decisionsWhoseBootLogIsKept_areMadeAgainWhole() throws Exception {
    enrolledUnder(secureBoot());
    long good = after(new GrubBoot(), true);
    long again = attested(true);
    long bad = after(new GrubBoot().withoutSecureBoot(), false);

    for (long index : List.of(good, again, bad)) {
      Replayed replayed = store.replay(index);
      assertThat(notSame(replayed)).as("leaf %d", index).isEmpty();
      assertThat(ReplayedStore.outcome(replayed, ReplayStep.BOOT_LOG)).isPresent();
    }
  }

  @Test
  void decisionWhoseBootLogGaveWay_isNotCalledTheSame() throws Exception {
    enrolledUnder(secureBoot());
    long bad = after(new GrubBoot().withoutSecureBoot(), false);
    long other = after(new GrubBoot().withoutSecureBoot().firmware("firmware 1.1"), false);

    Replayed replayed = store.replay(bad);

    assertThat(store.replay(other).standing()).isEqualTo(Standing.SAME);
    assertThat(replayed.standing()).isEqualTo(Standing.NOT_KEPT);
    assertThat(notSame(replayed))
        .satisfiesExactly(
            line -> assertThat(line).startsWith("boot_log not kept the log of SHA-256 "),
            line ->
                assertThat(line)
                    .startsWith("appraisal not kept ")
                    .endsWith("are the same; the others stand as recorded"));
  }

  @Test
  void changedBootLog_isFoundAndNamed() throws Exception {
    enrolledUnder(secureBoot());
    long good = after(new GrubBoot(), true);

    Replayed replayed =
        store.with(
            "boot_log WHERE leaf_index = " + good,
            "bytes",
            bytes -> Deployment.flipped(bytes, bytes.length / 2),
            good);

    assertThat(replayed.standing()).isEqualTo(Standing.CONTRADICTS);
    assertThat(notSame(replayed))
        .singleElement()
        .satisfies(
            line -> assertThat(line).startsWith("boot_log contradicts boot log of leaf " + good));
  }

  @Test
  void decisionUponAMeasurementList_isMadeAgainWithoutIt() throws Exception {
    ImaReference ima =
        new ImaReference(
            Map.of(Bank.SHA256, Set.of(KNOWN.hex())),
            Map.of(),
            Set.of(),
            Set.of("/run/"),
            Map.of(),
            ImaReference.Effect.REFUSE,
            ImaReference.Effect.REFUSE);
    enrolledUnder(
        new ReferenceSet(
            "programs",
            "",
            Set.of(ReferenceSet.ANY_HOST),
            Map.of(),
            Optional.empty(),
            Optional.of(ima)));
    SoftwareImaList list = new SoftwareImaList();
    byte[][] pcrs = IntStream.range(0, 10).mapToObj(host::pcr).toArray(byte[][]::new);
    host.extend(
        SoftwareImaList.PCR,
        list.measure(SoftwareImaList.BOOT_AGGREGATE, SoftwareImaList.aggregate(pcrs)));
    host.extend(SoftwareImaList.PCR, list.measure("/usr/bin/known", KNOWN.bytes()));
    host.showList(ImaSegment.of(0, ImaFormat.BINARY, TpmAlg.SHA1, list.bytes()).encode());
    long index = attested(true);

    Replayed replayed = store.replay(index);

    assertThat(replayed.standing()).isEqualTo(Standing.NOT_KEPT);
    assertThat(notSame(replayed))
        .satisfiesExactly(
            line -> assertThat(line).startsWith("measurement_list not kept "),
            line -> assertThat(line).startsWith("appraisal not kept "));
    assertThat(
            notSame(
                store.with(
                    "payload WHERE leaf_index = " + index,
                    "bytes",
                    ReplayedStore.replacing(
                        "\"ima_entries\":\"affirming\"", "\"ima_entries\":\"none\""),
                    index)))
        .anyMatch(line -> line.startsWith("inputs contradicts inputs.trust.findings.ima_entries"));
  }
}
