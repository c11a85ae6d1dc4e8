// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.RevokedBy;
import dev.writ.artifact.RevokedScope;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Evidence;
import dev.writ.ledger.HostState;
import dev.writ.lineage.LineageCheck;
import dev.writ.lineage.Openings;
import dev.writ.tlog.Hash;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Hosts that lose what they have by their own evidence, and none that does by somebody else's. */
final class LostTrustTest extends TwoHostsWithArtifacts {
  private Leaf leaf(long index) throws Exception {
    return deployment.service().ledger().leaf(index).orElseThrow();
  }

  private LeafBody lost(RevocationReason reason) {
    return new LeafBody.ScopeRevocation(
        new RevokedScope.OfHost(Hash.sha256(host.akName().bytes())), reason, RevokedBy.APPRAISAL);
  }

  @Test
  void host_deniedWithOtherPcrsThanItsArtifactsWereIssuedFor_losesThem_beforeItsAnswer()
      throws Exception {
    ArtifactClaims later = Deployment.claims(deployment.attest(host));
    host.extend(8, "a module nobody expected");
    long leaves = deployment.leaves();

    Denial denial = Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));

    assertThat(denial.retryable()).isFalse();
    assertThat(List.of(isRevoked(first), isRevoked(later))).containsOnly(true);
    assertThat(isRevoked(second)).isFalse();
    assertThat(deployment.leaves()).isEqualTo(leaves + 2);
    assertThat(leaf(leaves).body()).isEqualTo(lost(RevocationReason.EVIDENCE_FAILED));
    assertThat(leaf(leaves + 1).body()).isInstanceOf(LeafBody.DecisionDeny.class);
    assertThat(
            LineageCheck.check(AuditedLog.read(deployment, Openings.NONE), 0, leaves + 2)
                .findings())
        .isEmpty();
    // There is nothing more to lose.
    Denial again = Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));
    assertThat(again).isEqualTo(denial);
    assertThat(deployment.leaves()).isEqualTo(leaves + 3);
  }

  @Test
  void host_deniedAsItWas_keepsWhatItHas() throws Exception {
    Challenge challenge = deployment.challenge(host);
    ExecutionRequest any = Deployment.request(host);
    ExecutionRequest elsewhere =
        new ExecutionRequest(
            any.iss(), any.aud(), "another", any.sub(), any.act(), any.parent(), any.jkt());

    Denial unused =
        Deployment.denial(
            DenialCode.SCOPE_EXCEEDED, deployment.issue(host.answer(challenge, elsewhere)));
    // Whoever carries an application can spoil what the quote does not sign.
    SoftwareHost rekeyed = host.withInstanceKey(SoftwareKey.instance());
    Denial spoiled =
        Deployment.denial(
            DenialCode.RUNTIME_INTEGRITY,
            deployment.issue(
                rekeyed.answerCertifiedBy(
                    other.ak, deployment.challenge(rekeyed), Deployment.request(rekeyed))));

    assertThat(spoiled.retryable()).isFalse();
    assertThat(isRevoked(first)).isFalse();
  }

  /** So it is asked for what is stopped on a host that changed, which has no parent to show any more. */
  @Test
  void hostThatChanged_shownUnderNoParent_losesWhatItHas() throws Exception {
    ArtifactClaims later = Deployment.claims(deployment.attest(host));
    assertThat(shownUnderNothing().reason()).isEqualTo("parent_unproven");
    assertThat(List.of(isRevoked(first), isRevoked(later))).containsOnly(false);
    host.extend(8, "a module nobody expected");
    long leaves = deployment.leaves();

    assertThat(shownUnderNothing().reason()).isEqualTo("parent_unproven");

    assertThat(List.of(isRevoked(first), isRevoked(later))).containsOnly(true);
    assertThat(isRevoked(second)).isFalse();
    assertThat(deployment.leaves()).isEqualTo(leaves + 2);
    assertThat(leaf(leaves).body()).isEqualTo(lost(RevocationReason.EVIDENCE_FAILED));
    assertThat(leaf(leaves + 1).body())
        .isInstanceOfSatisfying(
            LeafBody.DecisionDeny.class,
            deny -> assertThat(deny.reason()).isEqualTo("parent_unproven"));
    assertThat(ReplayedStore.notSame(ReplayedStore.of(deployment).replay(leaves + 1)))
        .allMatch(step -> step.contains("parent_unproven"));
  }

  private Denial shownUnderNothing() {
    ExecutionRequest request = Deployment.request(host).under(Optional.of(first.jti()));
    return Deployment.denial(
        DenialCode.AUTHORIZATION_DISCONTINUITY,
        deployment.issue(host.answer(deployment.challenge(host), request)));
  }

  @Test
  void hostThatChanged_withNothingToRenew_losesWhatItHas() throws Exception {
    Artifact held = Deployment.artifact(deployment.attest(host));
    assertThat(renewed(held).reason()).isEqualTo("renewal_without_lease");
    assertThat(isRevoked(first)).isFalse();
    host.extend(8, "a module nobody expected");

    assertThat(renewed(held).reason()).isEqualTo("renewal_without_lease");

    assertThat(List.of(isRevoked(first), isRevoked(held.claims()))).containsOnly(true);
    assertThat(isRevoked(second)).isFalse();
  }

  private Denial renewed(Artifact held) {
    Application plain = host.answer(deployment.challenge(host), held.claims().request());
    return Deployment.denial(
        DenialCode.AUTHORIZATION_DISCONTINUITY, deployment.issue(RenewalTest.showing(plain, held)));
  }

  @Test
  void evidence_thatIsForgedOrOfAnotherTpm_costsNobodyAnything() throws Exception {
    Challenge challenge = deployment.challenge(host);
    ExecutionRequest request = Deployment.request(host);
    SoftwareHost stranger = new SoftwareHost("host-a", deployment.maker);
    stranger.extend(8, "a module nobody expected");
    long leaves = deployment.leaves();
    Application forged =
        new Application(
            host.ak.name(),
            challenge,
            request,
            Optional.empty(),
            stranger.evidence(challenge, request, List.of()));
    Denial unused = Deployment.denial(DenialCode.RUNTIME_INTEGRITY, deployment.issue(forged));
    Evidence own = host.answer(challenge, request).evidence();
    byte[] bytes = own.bytes();
    Application spoiled =
        new Application(
            host.ak.name(),
            challenge,
            request,
            Optional.empty(),
            Evidence.parse(Deployment.flipped(bytes, bytes.length / 2)));
    assertThat(deployment.issue(spoiled)).isInstanceOf(IssuanceOutcome.Denied.class);

    assertThat(isRevoked(first)).isFalse();
    assertThat(deployment.leaves()).isLessThanOrEqualTo(leaves + 1);
  }

  @Test
  void application_thatWasDenied_sentAgainByWhoeverHasIt_costsNothingMore() throws Exception {
    host.extend(8, "a module nobody expected");
    Challenge challenge = deployment.challenge(host);
    Application bad = host.answer(challenge, Deployment.request(host));
    Denial unused = Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.issue(bad));
    assertThat(isRevoked(first)).isTrue();
    SoftwareHost rebooted = host.sameTpmAndKeys();
    ArtifactClaims fresh = Deployment.claims(deployment.attest(rebooted));

    assertThat(deployment.issue(bad)).isInstanceOf(IssuanceOutcome.Denied.class);

    assertThat(isRevoked(fresh)).isFalse();
  }

  /** It stays suspended, whatever it shows, and has nothing from before. */
  @Test
  void suspendedHost_thatAsks_losesWhatItStillHas() throws Exception {
    deployment.set(host, HostState.SUSPENDED);
    long leaves = deployment.leaves();

    Denial unused = Deployment.denial(DenialCode.ENVIRONMENT_UNTRUSTED, deployment.attest(host));

    assertThat(leaf(leaves).body()).isEqualTo(lost(RevocationReason.HOST_NOT_ACTIVE));
    assertThat(isRevoked(first)).isTrue();
    assertThat(isRevoked(second)).isFalse();
    assertThat(deployment.service().ledger().host(host.akName()).orElseThrow().state())
        .isEqualTo(HostState.SUSPENDED);
  }
}
