// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.OutcomeState;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.StatusReference;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.UuidV7;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.Tpm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * {@code writ run} under a lease of ten seconds.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RunLeaseTest {
  private static final int STOPPED = 124;
  private static final int DENIED = 126;

  private static GovernedHosts hosts;

  @BeforeAll
  static void start() throws Exception {
    hosts = GovernedHosts.start();
  }

  @AfterAll
  static void stop() throws Exception {
    hosts.close();
  }

  /** Sleeps for longer than anything here takes. */
  private static WritProcess.Running sleeping(String... options) throws Exception {
    List<String> all = new ArrayList<>(List.of("--stop-within", "200"));
    all.addAll(List.of(options));
    return hosts.fresh(all, "sleep", "60").start();
  }

  private static void awaitBundleOf(UuidV7 jti, Path handed) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!Artifact.parse(ProofBundle.parse(Files.readAllBytes(handed)).artifact())
        .claims()
        .jti()
        .equals(jti)) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(50);
    }
  }

  private static void awaitChild(WritProcess.Running running) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (running
        .process()
        .descendants()
        .noneMatch(each -> each.info().command().orElse("").endsWith("/sleep"))) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(50);
    }
  }

  private static List<LeafBody.DecisionAllow> awaitAllows(int from, int count) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (true) {
      List<LeafBody.DecisionAllow> allows = hosts.bodies(from, LeafBody.DecisionAllow.class);
      if (allows.size() >= count) {
        return allows;
      }
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(100);
    }
  }

  /** Under a renewal of what it began under, or of that. */
  private static void awaitRenewedChild(int from, UuidV7 began) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (hosts.bodies(from, LeafBody.DecisionAllow.class).stream()
        .noneMatch(allow -> allow.parent().isPresent() && allow.renews().isPresent())) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(100);
    }
    assertThat(
            hosts.bodies(from, LeafBody.DecisionAllow.class).stream()
                .filter(allow -> allow.parent().isPresent()))
        .noneMatch(allow -> allow.parent().equals(Optional.of(began)));
  }

  /** Of what is under nothing: so soon after it is asked for none, and the look at the host comes first. */
  private static void awaitAnotherRenewal(int from) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    long before = roots(from);
    while (roots(from) == before) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.sleep(100);
    }
  }

  private static long roots(int from) throws Exception {
    return hosts.bodies(from, LeafBody.DecisionAllow.class).stream()
        .filter(allow -> allow.parent().isEmpty())
        .count();
  }

  @Test
  @Order(1)
  void execution_thatIsRevoked_isNotRenewed() throws Exception {
    int before = hosts.leaves().size();
    WritProcess.Running running = sleeping();
    LeafBody.DecisionAllow allow = awaitAllows(before, 1).get(0);
    awaitChild(running);
    Invocation revoked =
        Invocation.of(
            "revoke", allow.jti().toString(), "--socket", hosts.running().service().socket());
    assertThat(revoked.status()).as(revoked.err()).isEqualTo(ExitStatus.DONE);
    WritProcess.Ended ended = running.await();
    assertThat(ended.status()).as(ended.err()).isEqualTo(STOPPED);
    assertThat(ended.err()).contains("stopped: authorization_discontinuity: renewal_revoked");
    assertThat(hosts.bodies(before, LeafBody.Outcome.class))
        .singleElement()
        .satisfies(
            outcome -> {
              assertThat(outcome.state()).isEqualTo(OutcomeState.FAILED);
              assertThat(outcome.jti()).isEqualTo(allow.jti());
            });
    assertThat(hosts.bodies(before, LeafBody.DecisionDeny.class))
        .singleElement()
        .extracting(LeafBody.DecisionDeny::reason)
        .isEqualTo("renewal_revoked");
  }

  @Test
  @Order(2)
  void host_thatChanges_hasWhatIsRenewedThereStopped() throws Exception {
    int before = hosts.leaves().size();
    Path handed = hosts.running().folder().resolve("parent.json");
    WritProcess.Running running =
        sleeping(
            "--delegable", "/usr/bin", "--delegable-uses", "1", "--hand-down", handed.toString());
    List<LeafBody.DecisionAllow> allows = awaitAllows(before, 2);
    assertThat(allows.get(0).renews()).isEmpty();
    assertThat(allows.get(1).renews()).contains(allows.get(0).jti());
    assertThat(allows.get(1).requestDigest()).isEqualTo(allows.get(0).requestDigest());
    awaitBundleOf(allows.get(1).jti(), handed);
    assertThat(running.process().isAlive()).isTrue();
    WritProcess.Ended second =
        hosts.fresh(List.of("--bundle", handed.toString()), "sleep", "60").run();
    assertThat(second.status()).as(second.err()).isEqualTo(DENIED);
    assertThat(second.err())
        .contains("must be started under the artifact that its execution begins");
    WritProcess.Running child = sleeping("--parent", handed.toString());
    awaitRenewedChild(before, allows.get(0).jti());
    assertThat(child.process().isAlive()).isTrue();
    awaitAnotherRenewal(before);
    try (Tpm tpm = Tpm.open(hosts.hostA().tcti())) {
      tpm.extendPcr(7, PcrBank.SHA256, new byte[32]);
    }
    WritProcess.Ended ended = running.await();
    assertThat(ended.status()).as(ended.err()).isEqualTo(STOPPED);
    assertThat(ended.err()).contains("stopped: environment_mismatch").contains("PCRs");
    assertThat(handed).doesNotExist();
    WritProcess.Ended below = child.await();
    assertThat(below.status()).as(below.err()).isEqualTo(STOPPED);
    assertHostLost(before);
    assertThat(hosts.outcomes(before)).containsExactly(OutcomeState.FAILED, OutcomeState.FAILED);
  }

  /** Nobody but the child is there to tell, and it has no parent to show once it is stopped. */
  @Test
  @Order(3)
  void host_thatChangesUnderAChildAlone_losesWhatElseItHas() throws Exception {
    List<String> asking = List.of("--service", hosts.url(), "--workload", GovernedHosts.WORKER_B);
    List<String> delegating = new ArrayList<>(asking);
    delegating.addAll(List.of("--delegable", "/usr/bin", "--delegable-uses", "1"));
    Path parent =
        hosts.bundle(hosts.on(hosts.hostB(), "attest", delegating, "/usr/bin/printf", "above"));
    Artifact above = Artifact.parse(ProofBundle.parse(Files.readAllBytes(parent)).artifact());
    assertThat(isRevoked(above)).isFalse();
    int before = hosts.leaves().size();
    List<String> under = new ArrayList<>(asking);
    under.addAll(List.of("--stop-within", "200", "--parent", parent.toString()));
    WritProcess.Running child = hosts.on(hosts.hostB(), "run", under, "sleep", "60").start();
    awaitChild(child);
    try (Tpm tpm = Tpm.open(hosts.hostB().tcti())) {
      tpm.extendPcr(7, PcrBank.SHA256, new byte[32]);
    }
    WritProcess.Ended ended = child.await();
    assertThat(ended.status()).as(ended.err()).isEqualTo(STOPPED);
    assertThat(ended.err()).contains("stopped: environment_mismatch");
    assertHostLost(before);
    assertThat(isRevoked(above)).isTrue();
  }

  /** The service is told by evidence, which it judges itself. */
  private static void assertHostLost(int from) throws Exception {
    assertThat(hosts.bodies(from, LeafBody.ScopeRevocation.class))
        .as("%s", hosts.bodies(from, LeafBody.class))
        .isNotEmpty()
        .allSatisfy(lost -> assertThat(lost.reason()).isEqualTo(RevocationReason.EVIDENCE_FAILED));
  }

  private static boolean isRevoked(Artifact artifact) throws Exception {
    StatusReference bit = artifact.claims().status().orElseThrow();
    return StatusToken.parse(hosts.running().service().statusToken(bit.uri()))
        .claims()
        .list()
        .isRevoked(bit.idx());
  }

  @Test
  void grace_longerThanASecond_isRefused() throws Exception {
    WritProcess.Ended wrong = hosts.fresh(List.of("--stop-within", "1001"), "sleep", "0").run();
    assertThat(wrong.status()).isEqualTo(ExitStatus.BUG);
    assertThat(wrong.err()).contains("--stop-within must be 0 to 1000");
  }
}
