// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.HostChange;
import dev.writ.artifact.HostStanding;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedBy;
import dev.writ.artifact.RevokedScope;
import dev.writ.artifact.StatusToken;
import dev.writ.ledger.HostState;
import dev.writ.ledger.LedgerRules;
import dev.writ.ledger.StatusIndex;
import dev.writ.lineage.Lineage;
import dev.writ.lineage.LineageCheck;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Suspending, resuming and retiring hosts. */
final class HostStatesTest extends TwoHostsWithArtifacts {
  private HostStates hosts() {
    return deployment.service().revocations().hosts();
  }

  private HostOutcome set(HostStanding next) {
    return Deployment.join(hosts().set("host-a", next, RevocationReason.HOST_COMPROMISED));
  }

  private HostOutcome.Stands stands(HostStanding next) {
    return (HostOutcome.Stands) set(next);
  }

  private boolean isToldRevoked(ArtifactClaims claims) throws Exception {
    StatusIndex bit =
        deployment.service().ledger().artifact(claims.jti()).orElseThrow().status().orElseThrow();
    String compact = deployment.service().statusTokens().token(bit.list()).orElseThrow();
    return StatusToken.parse(compact).claims().list().isRevoked(bit.idx());
  }

  private Leaf leaf(long index) throws Exception {
    return deployment.service().ledger().leaf(index).orElseThrow();
  }

  private HostState state() throws Exception {
    return deployment.service().ledger().host(host.akName()).orElseThrow().state();
  }

  private void assertDenied(String reason) {
    assertThat(
            Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host)).reason())
        .isEqualTo(reason);
  }

  /** As writ ledger check and writ lineage check find it. */
  private void assertWhole() throws Exception {
    Lineage lineage =
        AuditedLog.read(deployment, AuditedLog.payloads(deployment.service().ledger()));
    assertThat(LineageCheck.check(lineage, 0, deployment.leaves()).findings()).isEmpty();
    LedgerRules rules = new LedgerRules(Optional.of(deployment.trust().content()));
    List<LedgerRules.Violation> broken = new ArrayList<>();
    for (long at = 0; at < deployment.leaves(); at++) {
      rules.take(at, leaf(at).bytes()).ifPresent(broken::add);
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void suspendedHost_losesWhatItHas_isDenied_andResumedGetsAnewAndNothingBack() throws Exception {
    long leaves = deployment.leaves();
    Hash digest = Hash.sha256(host.akName().bytes());
    assertThat(Deployment.join(hosts().preview("host-a", HostStanding.SUSPENDED)))
        .isEqualTo(
            new HostOutcome.Stands(
                HostStanding.ACTIVE, HostStanding.SUSPENDED, 1, Optional.empty()));
    assertThat(deployment.leaves()).as("a preview writes nothing").isEqualTo(leaves);

    HostOutcome.Stands suspended = stands(HostStanding.SUSPENDED);

    assertThat(suspended.artifacts()).isEqualTo(1);
    assertThat(suspended.change().orElseThrow().leafIndex()).isEqualTo(leaves);
    assertThat(leaf(leaves).body())
        .isEqualTo(
            new HostChange(digest, HostStanding.SUSPENDED, RevocationReason.HOST_COMPROMISED));
    assertThat(leaf(leaves).parents())
        .containsExactly(
            leaf(deployment.service().ledger().host(host.akName()).orElseThrow().leafIndex())
                .hash());
    assertThat(deployment.lastLeaf().body())
        .isEqualTo(
            new LeafBody.ScopeRevocation(
                new RevokedScope.OfHost(digest),
                RevocationReason.HOST_NOT_ACTIVE,
                RevokedBy.OPERATOR));
    assertThat(deployment.service().ledger().revocations(0, 9)).contains(leaves + 1);
    assertThat(List.of(isRevoked(first), isRevoked(second))).containsExactly(true, false);
    assertDenied("host_suspended");

    long denied = deployment.leaves();
    assertThat(stands(HostStanding.SUSPENDED))
        .isEqualTo(
            new HostOutcome.Stands(
                HostStanding.SUSPENDED, HostStanding.SUSPENDED, 0, Optional.empty()));
    assertThat(deployment.leaves()).as("it stands so already").isEqualTo(denied);

    assertThat(stands(HostStanding.ACTIVE).change().orElseThrow().leafIndex()).isEqualTo(denied);
    assertThat(deployment.leaves()).isEqualTo(denied + 1);
    assertThat(stands(HostStanding.ACTIVE).change()).isEmpty();
    ArtifactClaims anew = Deployment.claims(deployment.attest(host));
    assertThat(List.of(isRevoked(first), isRevoked(anew))).containsExactly(true, false);
    assertWhole();
  }

  @Test
  void retiredHost_staysSo() throws Exception {
    assertThat(stands(HostStanding.RETIRED).artifacts()).isEqualTo(1);

    assertThat(isRevoked(first)).isTrue();
    assertDenied("host_retired");
    long leaves = deployment.leaves();
    for (HostStanding back : List.of(HostStanding.ACTIVE, HostStanding.SUSPENDED)) {
      assertThat(((HostOutcome.Denied) set(back)).denial().reason()).isEqualTo("host_retired");
      assertThat(Deployment.join(hosts().preview("host-a", back)))
          .isInstanceOf(HostOutcome.Denied.class);
    }
    assertThat(stands(HostStanding.RETIRED).change()).isEmpty();
    assertThat(
            ((HostOutcome.Denied)
                    Deployment.join(
                        hosts().set("nobody", HostStanding.RETIRED, RevocationReason.CEASED)))
                .denial()
                .reason())
        .isEqualTo("host_unknown");
    assertThat(deployment.leaves()).isEqualTo(leaves);
    assertThat(hosts().after("", 2))
        .extracting(ListedHost::name, ListedHost::state, ListedHost::artifacts)
        .containsExactly(
            tuple("host-a", HostStanding.RETIRED, 0L), tuple("host-b", HostStanding.ACTIVE, 1L));
    assertThat(hosts().after("host-a", 1).get(0).enrolled())
        .contains(leaf(hosts().after("host-a", 1).get(0).leafIndex()).time());
    assertWhole();
  }

  /** Whoever suspended it died between the two leaves. */
  @Test
  void hostWhoseArtifactsStandThoughItIsSuspended_losesThem_byWhateverComesFirst()
      throws Exception {
    deployment.set(host, HostState.SUSPENDED);
    deployment.restart();
    deployment.clock.advance(Reconciliation.EVERY);
    deployment.service().revocations().reconciliation().runIfDue();
    awaitRevoked(first);
    deployment.set(host, HostState.ACTIVE);

    ArtifactClaims later = Deployment.claims(deployment.attest(host));
    deployment.set(host, HostState.SUSPENDED);
    assertThat(stands(HostStanding.SUSPENDED))
        .isEqualTo(
            new HostOutcome.Stands(
                HostStanding.SUSPENDED, HostStanding.SUSPENDED, 1, Optional.empty()));
    assertThat(isRevoked(later)).isTrue();
    deployment.set(host, HostState.ACTIVE);

    ArtifactClaims third = Deployment.claims(deployment.attest(host));
    deployment.set(host, HostState.SUSPENDED);
    HostOutcome.Stands resumed = stands(HostStanding.ACTIVE);
    assertThat(resumed.artifacts()).isEqualTo(1);
    assertThat(isRevoked(third)).as("it does not come back").isTrue();
    assertThat(leaf(resumed.change().orElseThrow().leafIndex() - 1).kind())
        .as("revoked before the host is active")
        .isEqualTo(LeafKind.REVOCATION);
    assertThat(state()).isEqualTo(HostState.ACTIVE);
    assertWhole();
  }

  private void awaitRevoked(ArtifactClaims claims) throws Exception {
    for (int tries = 0; tries < 1_000 && !isToldRevoked(claims); tries++) {
      Thread.sleep(10);
    }
    assertThat(isRevoked(claims)).isTrue();
  }

  /** Everything before the commit took the host for active. */
  @Test
  void applicationThatIsBeingDecided_whileItsHostIsSuspended_comesOutDenied() throws Exception {
    Application application = host.answer(deployment.challenge(host), Deployment.request(host));
    deployment.random.beforeNextBytes(
        () -> assertThat(set(HostStanding.SUSPENDED)).isInstanceOf(HostOutcome.Stands.class));

    assertThat(
            Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.issue(application))
                .reason())
        .isEqualTo("host_suspended");

    assertThat(isRevoked(first)).isTrue();
    for (long at = 0, allowed = 0; at < deployment.leaves(); at++) {
      allowed += leaf(at).kind() == LeafKind.DECISION_ALLOW ? 1 : 0;
      assertThat(allowed).isLessThanOrEqualTo(2);
    }
    assertWhole();
  }
}
