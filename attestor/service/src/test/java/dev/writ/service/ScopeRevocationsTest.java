// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedBy;
import dev.writ.artifact.RevokedScope;
import dev.writ.ledger.LedgerRules;
import dev.writ.lineage.Lineage;
import dev.writ.lineage.LineageCheck;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Withdrawing all that a host, a key, an epoch, a workload or a range has, and nothing else. */
final class ScopeRevocationsTest extends TwoHostsWithArtifacts {
  private ScopeRevocations scopes() {
    return deployment.service().revocations().scopes();
  }

  private ScopeOutcome revoke(RevocationTarget target, OptionalLong most) {
    return Deployment.join(scopes().revoke(target, RevocationReason.HOST_COMPROMISED, most));
  }

  private ScopeOutcome.Revoked revoked(RevocationTarget target) {
    return (ScopeOutcome.Revoked) revoke(target, OptionalLong.empty());
  }

  private long counted(RevocationTarget target) {
    return ((ScopeOutcome.Counted) Deployment.join(scopes().count(target))).artifacts();
  }

  private long placeOf(ArtifactClaims claims) throws Exception {
    return deployment.service().ledger().artifact(claims.jti()).orElseThrow().leafIndex();
  }

  private Hash statusKey() throws Exception {
    return deployment.service().ledger().keys().stream()
        .filter(key -> key.role() == KeyRole.STATUS)
        .findFirst()
        .orElseThrow()
        .kid();
  }

  private void assertDenied(ScopeOutcome outcome, String reason) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            ScopeOutcome.Denied.class,
            denied -> assertThat(denied.denial().reason()).isEqualTo(reason));
  }

  @Test
  void host_losesWhatItHas_inOneLeaf_andMayAskAgain() throws Exception {
    RevocationTarget target = new RevocationTarget.OfHost("host-a");
    long leaves = deployment.leaves();
    assertThat(counted(target)).isEqualTo(1);
    assertThat(deployment.leaves()).as("counting writes nothing").isEqualTo(leaves);

    ScopeOutcome.Revoked outcome = revoked(target);

    assertThat(outcome.artifacts()).isEqualTo(1);
    assertThat(outcome.leafIndex()).isEqualTo(leaves);
    Leaf leaf = deployment.lastLeaf();
    assertThat(leaf.body())
        .isEqualTo(
            new LeafBody.ScopeRevocation(
                new RevokedScope.OfHost(Hash.sha256(host.akName().bytes())),
                RevocationReason.HOST_COMPROMISED,
                RevokedBy.OPERATOR));
    assertThat(deployment.service().ledger().revocations(0, 9)).contains(leaves);
    assertThat(isRevoked(first)).isTrue();
    assertThat(isRevoked(second)).isFalse();
    assertThat(isRevoked(Deployment.claims(deployment.attest(host)))).isFalse();
    assertThat(counted(target)).isEqualTo(1);
  }

  @Test
  void workload_isNamedInTheLeafByACommitmentAlone() throws Exception {
    ScopeOutcome.Revoked outcome = revoked(new RevocationTarget.OfWorkload(second.sub()));

    assertThat(outcome.artifacts()).isEqualTo(1);
    assertThat(isRevoked(second)).isTrue();
    assertThat(isRevoked(first)).isFalse();
    Leaf leaf = deployment.lastLeaf();
    assertThat(new String(leaf.bytes(), java.nio.charset.StandardCharsets.UTF_8))
        .doesNotContain("worker");
    Commitment named =
        ((RevokedScope.OfWorkload) ((LeafBody.ScopeRevocation) leaf.body()).scope()).subject();
    Lineage opened =
        AuditedLog.read(deployment, AuditedLog.payloads(deployment.service().ledger()));
    assertThat(opened.openings().value(named)).contains(second.sub());
    assertThat(counted(new RevocationTarget.OfWorkload("spiffe://dev.example/worker"))).isZero();
  }

  @Test
  void keyAndEpoch_haveWhatStandsBetweenTheirLeaves_andTheLogHangsTogether() throws Exception {
    deployment.policy(revision -> revision.loaderVariables(List.of("PYTHONUNBUFFERED")));
    deployment.restart();
    ArtifactClaims third = Deployment.claims(deployment.attest(host));
    assertThat(third.policy().epoch()).isEqualTo(2);
    Hash kid = Deployment.artifact(deployment.attest(other)).kid();

    assertThat(counted(new RevocationTarget.OfKey(kid))).isEqualTo(4);
    ScopeOutcome.Revoked epoch = revoked(new RevocationTarget.OfEpoch(1));
    assertThat(epoch.artifacts()).isEqualTo(2);
    assertThat(List.of(isRevoked(first), isRevoked(second))).containsOnly(true);
    assertThat(isRevoked(third)).isFalse();

    ScopeOutcome.Revoked key = revoked(new RevocationTarget.OfKey(kid));
    assertThat(key.artifacts()).as("two were revoked before").isEqualTo(2);
    assertThat(isRevoked(third)).isTrue();
    ArtifactClaims after = Deployment.claims(deployment.attest(host));
    assertThat(isRevoked(after)).isFalse();

    assertThat(revoked(new RevocationTarget.OfRange(0, placeOf(after))).artifacts()).isZero();
    assertThat(isRevoked(after)).isFalse();
    assertThat(revoked(new RevocationTarget.OfWorkload(after.sub())).artifacts()).isEqualTo(1);
    assertThat(revoked(new RevocationTarget.OfHost("host-b")).artifacts()).isZero();
    assertWhole();
  }

  /** As writ ledger check and writ lineage check find it. */
  private void assertWhole() throws Exception {
    Lineage lineage =
        AuditedLog.read(deployment, AuditedLog.payloads(deployment.service().ledger()));
    assertThat(LineageCheck.check(lineage, 0, deployment.leaves()).findings()).isEmpty();
    LedgerRules rules = new LedgerRules(Optional.of(deployment.trust().content()));
    List<LedgerRules.Violation> broken = new ArrayList<>();
    for (long at = 0; at < deployment.leaves(); at++) {
      byte[] leaf = deployment.service().ledger().leaf(at).orElseThrow().bytes();
      rules.take(at, leaf).ifPresent(broken::add);
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void range_ofOneLeaf_revokesItsArtifact() throws Exception {
    long place = placeOf(second);

    assertThat(revoked(new RevocationTarget.OfRange(place, place + 1)).artifacts()).isEqualTo(1);

    assertThat(isRevoked(second)).isTrue();
    assertThat(isRevoked(first)).isFalse();
  }

  @Test
  void scope_thatIsNone_orHasMoreThanItMay_revokesNothing() throws Exception {
    long leaves = deployment.leaves();
    Hash nobodys = Hash.sha256(new byte[] {9});
    for (RevocationTarget unknown :
        List.of(
            new RevocationTarget.OfHost("host-c"),
            new RevocationTarget.OfEpoch(2),
            new RevocationTarget.OfKey(nobodys),
            new RevocationTarget.OfKey(statusKey()))) {
      ScopeOutcome outcome = revoke(unknown, OptionalLong.empty());
      assertDenied(outcome, "scope_unknown");
      assertThat(((ScopeOutcome.Denied) outcome).denial().code())
          .isEqualTo(DenialCode.ARTIFACT_MISSING);
      assertDenied(Deployment.join(scopes().count(unknown)), "scope_unknown");
    }
    for (long[] places : new long[][] {{3, 3}, {4, 3}, {0, leaves + 1}}) {
      assertDenied(
          revoke(new RevocationTarget.OfRange(places[0], places[1]), OptionalLong.empty()),
          "scope_unknown");
    }
    assertDenied(revoke(new RevocationTarget.OfEpoch(1), OptionalLong.of(1)), "more_than_most");

    assertThat(deployment.leaves()).isEqualTo(leaves);
    assertThat(List.of(isRevoked(first), isRevoked(second))).containsOnly(false);
    assertThat(revoke(new RevocationTarget.OfEpoch(1), OptionalLong.of(2)))
        .isInstanceOf(ScopeOutcome.Revoked.class);
  }
}
