// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedBy;
import dev.writ.artifact.RevokedScope;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.ArtifactScope;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.HostState;
import dev.writ.ledger.SigningKey;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Artifacts that stand though nothing holds them are found by the next round, and no others fall. */
final class ReconciliationTest extends TwoHostsWithArtifacts {
  private Reconciliation reconciliation() {
    return deployment.service().revocations().reconciliation();
  }

  /** One round more has ended, well or not. */
  private void round() throws Exception {
    double before = rounds();
    deployment.clock.advance(Reconciliation.EVERY);
    reconciliation().runIfDue();
    for (int i = 0; rounds() == before; i++) {
      assertThat(i).as("rounds ended").isLessThan(2_000);
      Thread.sleep(5);
    }
  }

  private double rounds() {
    return deployment.service().telemetry().registry().scrape().stream()
        .filter(metric -> metric.getMetadata().getName().equals("writ_reconciliations"))
        .flatMap(metric -> metric.getDataPoints().stream())
        .mapToDouble(
            point ->
                ((io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot)
                        point)
                    .getValue())
        .sum();
  }

  private LeafBody.ScopeRevocation last() throws Exception {
    return (LeafBody.ScopeRevocation) deployment.lastLeaf().body();
  }

  @Test
  void nothingWrong_writesNothing() throws Exception {
    long leaves = deployment.leaves();

    round();

    assertThat(deployment.leaves()).isEqualTo(leaves);
    assertThat(List.of(isRevoked(first), isRevoked(second))).containsOnly(false);
    assertThat(reconciliation().notice()).isEmpty();
  }

  @Test
  void suspendedHost_losesWhatStands_andNobodyElseDoes() throws Exception {
    deployment.set(host, HostState.SUSPENDED);

    round();

    assertThat(isRevoked(first)).isTrue();
    assertThat(isRevoked(second)).isFalse();
    assertThat(last())
        .isEqualTo(
            new LeafBody.ScopeRevocation(
                new RevokedScope.OfHost(Hash.sha256(host.akName().bytes())),
                RevocationReason.HOST_NOT_ACTIVE,
                RevokedBy.RECONCILIATION));
    long leaves = deployment.leaves();
    round();
    assertThat(deployment.leaves()).as("there is nothing more").isEqualTo(leaves);
  }

  @Test
  void epochThatCountsNoMore_losesWhatStands() throws Exception {
    Hash digest = Hash.sha256(new byte[] {3});
    deployment.change(
        new LeafBody.PolicyInForce(new PolicyReference("other", 1, digest, 2)),
        new StateChange.SetEpoch(2, digest, true));

    round();

    assertThat(List.of(isRevoked(first), isRevoked(second))).containsOnly(true);
    assertThat(last().scope()).isInstanceOf(RevokedScope.OfEpoch.class);
    assertThat(last().reason()).isEqualTo(RevocationReason.POLICY_CHANGED);
  }

  /** What was decided in such an epoch has ended by then, whoever says in the store that it has not. */
  @Test
  void epochThatEndedLongerAgoThanAnythingLives_isNotLookedAt() throws Exception {
    Hash digest = Hash.sha256(new byte[] {3});
    deployment.change(
        new LeafBody.PolicyInForce(new PolicyReference("other", 1, digest, 2)),
        new StateChange.SetEpoch(2, digest, true));
    try (Connection store = deployment.store();
        PreparedStatement ends = store.prepareStatement("UPDATE artifact SET expires = ?")) {
      ends.setLong(1, deployment.clock.instant().plus(Duration.ofDays(1)).toEpochMilli());
      assertThat(ends.executeUpdate()).isEqualTo(2);
    }
    deployment.clock.advance(ArtifactClaims.MAX_LIFETIME.plus(Duration.ofMinutes(11)));
    long leaves = deployment.leaves();

    round();

    assertThat(deployment.leaves()).isEqualTo(leaves);
  }

  @Test
  void compromisedKey_losesWhatItSigned_fromTheLeafThatItsCompromiseNames() throws Exception {
    SigningKey issuer =
        deployment.service().ledger().keys().stream()
            .filter(key -> key.role() == KeyRole.ISSUER)
            .findFirst()
            .orElseThrow();
    long from = deployment.service().ledger().artifact(second.jti()).orElseThrow().leafIndex();
    deployment.change(
        new KeyChange(
            issuer.kid(),
            KeyRole.ISSUER,
            KeyState.COMPROMISED,
            Hash.sha256(new byte[] {4}),
            Optional.empty(),
            Optional.empty(),
            OptionalLong.of(from),
            Optional.empty()),
        new StateChange.SetKey(
            issuer.kid(),
            KeyRole.ISSUER,
            KeyState.COMPROMISED,
            issuer.notBefore(),
            issuer.notAfter()));

    round();

    assertThat(isRevoked(second)).isTrue();
    assertThat(isRevoked(first)).as("signed before the compromise").isFalse();
    assertThat(last().reason()).isEqualTo(RevocationReason.KEY_COMPROMISE);
  }

  /** Somebody changed the store: what is issued under the one that is revoked stands. */
  @Test
  void artifactUnderOneThatIsRevoked_isRevoked() throws Exception {
    try (Connection store = deployment.store();
        PreparedStatement under =
            store.prepareStatement(
                "INSERT INTO descent (jti, parent, root, depth, uses, leaf_index, drawn_of)"
                    + " SELECT jti, ?, ?, 1, 0, leaf_index, ? FROM artifact WHERE jti = ?");
        PreparedStatement revoke =
            store.prepareStatement("UPDATE artifact SET revoked = 1 WHERE jti = ?")) {
      under.setBytes(1, bytes(first.jti()));
      under.setBytes(2, bytes(first.jti()));
      under.setBytes(3, bytes(first.jti()));
      under.setBytes(4, bytes(second.jti()));
      assertThat(under.executeUpdate()).isEqualTo(1);
      revoke.setBytes(1, bytes(first.jti()));
      assertThat(revoke.executeUpdate()).isEqualTo(1);
    }

    round();

    assertThat(isRevoked(second)).isTrue();
    assertThat(last().scope()).isInstanceOf(RevokedScope.OfRange.class);
  }

  private void commit(LeafBody body, Optional<byte[]> payload, StateChange change) {
    Leaf leaf =
        Leaf.of(
            deployment.clock.instant().truncatedTo(ChronoUnit.MILLIS),
            UuidV7.next(deployment.clock, deployment.random),
            List.of(),
            body);
    CommitOutcome outcome =
        Deployment.join(
            deployment
                .service()
                .ledger()
                .commit(new Entry(leaf, List.of(change), List.of(), payload)));
    assertThat(outcome).isInstanceOf(CommitOutcome.Receipt.class);
  }

  /** A leaf and its part, by which those end that end with the first ones; the second part is missing. */
  private void interrupt(RevokedScope scope, ArtifactScope artifacts, Optional<byte[]> payload) {
    commit(
        new LeafBody.ScopeRevocation(scope, RevocationReason.HOST_COMPROMISED, RevokedBy.OPERATOR),
        payload,
        new StateChange.VoidScope(
            artifacts, deployment.clock.instant(), second.exp().plusMillis(1)));
  }

  @Test
  void revocationInParts_thatWasInterrupted_isBroughtToItsEnd_onceNoPartComesAnyMore()
      throws Exception {
    deployment.clock.advance(Duration.ofSeconds(5));
    ArtifactClaims third = Deployment.claims(deployment.attest(host));
    long size = deployment.leaves();
    RevokedScope scope = new RevokedScope.OfRange(new RevokedScope.Places(0, size));
    ArtifactScope artifacts = new ArtifactScope.Between(0, size);
    interrupt(scope, artifacts, Optional.empty());
    ArtifactClaims after = Deployment.claims(deployment.attest(host));
    round();
    interrupt(scope, artifacts, Optional.empty());
    long leaves = deployment.leaves();
    round();
    assertThat(deployment.leaves()).as("its parts go on").isEqualTo(leaves);

    round();

    assertThat(List.of(isRevoked(first), isRevoked(second), isRevoked(third))).containsOnly(true);
    assertThat(isRevoked(after)).as("it was issued after that").isFalse();
    assertThat(last())
        .isEqualTo(
            new LeafBody.ScopeRevocation(
                scope, RevocationReason.HOST_COMPROMISED, RevokedBy.RECONCILIATION));
    round();
    round();
    assertThat(deployment.leaves()).as("there is nothing more").isEqualTo(leaves + 1);
  }

  @Test
  void revocationOfAWorkload_thatAStopInterrupted_isBroughtToItsEndByTheNextStart()
      throws Exception {
    deployment.clock.advance(Duration.ofSeconds(5));
    ArtifactClaims third = Deployment.claims(deployment.attest(host));
    byte[] salt = Commitment.newSalt(deployment.random);
    byte[] sub = third.sub().getBytes(StandardCharsets.UTF_8);
    long size = deployment.leaves();
    interrupt(
        new RevokedScope.OfWorkload(Commitment.of(salt, sub), size),
        new ArtifactScope.OfWorkload(Hash.sha256(sub), size),
        Optional.of(Payload.workload(third.sub(), salt, Commitment.newSalt(deployment.random))));
    deployment.restart();
    round();

    round();

    assertThat(List.of(isRevoked(first), isRevoked(third))).containsOnly(true);
    assertThat(isRevoked(second)).isFalse();
    assertThat(last().by()).isEqualTo(RevokedBy.RECONCILIATION);
    long leaves = deployment.leaves();
    assertThat(deployment.service().ledger().payload(leaves - 1)).isPresent();
    round();
    round();
    assertThat(deployment.leaves()).as("there is nothing more").isEqualTo(leaves);
  }

  @Test
  void revocationOfAHost_thatWasInterrupted_isBroughtToItsEnd_andOneThatWasNotIsLeftAlone()
      throws Exception {
    deployment.clock.advance(Duration.ofSeconds(5));
    ArtifactClaims third = Deployment.claims(deployment.attest(host));
    interrupt(
        new RevokedScope.OfHost(Hash.sha256(host.akName().bytes())),
        new ArtifactScope.OfHost(host.akName()),
        Optional.empty());
    round();
    assertThat(isRevoked(third)).isFalse();

    round();

    assertThat(List.of(isRevoked(first), isRevoked(third))).containsOnly(true);
    assertThat(isRevoked(second)).isFalse();
    assertThat(last().by()).isEqualTo(RevokedBy.RECONCILIATION);
    ArtifactClaims after = Deployment.claims(deployment.attest(host));
    long leaves = deployment.leaves();
    round();
    round();
    assertThat(deployment.leaves()).as("there is nothing more").isEqualTo(leaves);
    assertThat(isRevoked(after)).isFalse();
  }

  private static byte[] bytes(UuidV7 jti) {
    return ByteBuffer.allocate(16)
        .putLong(jti.value().getMostSignificantBits())
        .putLong(jti.value().getLeastSignificantBits())
        .array();
  }

  @Test
  void storeThatIsGone_isToldWithItsAge_andHoldsUpNoOtherChore() throws Exception {
    AtomicInteger others = new AtomicInteger();
    deployment.service().ledger().close();
    try (Chores chores = new Chores(reconciliation()::runIfDue, others::incrementAndGet)) {
      for (int i = 1; i <= 3; i++) {
        deployment.clock.advance(Reconciliation.EVERY);
        chores.run();
        assertThat(others).hasValue(i);
      }
    }
    round();

    assertThat(reconciliation().age()).isGreaterThan(Duration.ofSeconds(45));
    assertThat(reconciliation().notice()).isPresent();
    assertThat(reconciliation().notice().get()).contains(" s ago, and must be each 15 s: ");
  }
}
