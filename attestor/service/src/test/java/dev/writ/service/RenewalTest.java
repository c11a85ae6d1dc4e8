// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static dev.writ.service.ReplayedStore.notSame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.ParentProof;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.UuidV7;
import dev.writ.evidence.Challenge;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.LedgerRules;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Artifacts that last as long as an attestation may be old, and those by which an execution goes on. */
final class RenewalTest extends TwoHosts {
  private static final Duration LEASE = Duration.ofSeconds(30);

  @Override
  void prepare(Deployment before) throws Exception {
    before.policyText(RenewalTest::leased);
  }

  private IssuanceOutcome renew(SoftwareHost by, Artifact held, ExecutionRequest request) {
    return deployment.issue(showing(by.answer(deployment.challenge(by), request), held));
  }

  /** Whatever a rule permits is leased, and not only what runs on a host. */
  static String leased(String policy) {
    return policy.replaceAll(
        "(\"effect\":\"permit\",\"id\":\"[^\"]+\",\"mode\":\"enforce\",)(?!\"obligations\")",
        "$1\"obligations\":[\"lease:" + LEASE.toSeconds() + "\"],");
  }

  static Application showing(Application plain, Artifact held) {
    return new Application(
        plain.akName(),
        plain.challenge(),
        plain.request(),
        plain.exec(),
        plain.evidence(),
        plain.initiatorToken(),
        plain.parentProof(),
        Optional.of(held));
  }

  private IssuanceOutcome renew(Artifact held) {
    return renew(host, held, held.claims().request());
  }

  private long indexOf(UuidV7 jti) throws Exception {
    return deployment.service().ledger().artifact(jti).map(IssuedArtifact::leafIndex).orElseThrow();
  }

  /** By the time of the challenge: a host could have answered it while it was sound, and kept the answer. */
  @Test
  void artifact_underALease_endsWhenItsChallengeIsThatOld() throws Exception {
    Challenge challenge = deployment.challenge(host);
    Application kept = host.answer(challenge, Deployment.request(host));
    deployment.clock.advance(Duration.ofSeconds(20));
    ArtifactClaims claims = Deployment.claims(deployment.issue(kept));
    assertThat(Duration.between(claims.iat(), claims.exp()))
        .isBetween(Duration.ofSeconds(9), Duration.ofSeconds(10));

    Application late = host.answer(deployment.challenge(host), Deployment.request(host));
    deployment.clock.advance(LEASE);
    assertThat(Deployment.denial(DenialCode.EXPIRED, deployment.issue(late)).reason())
        .isEqualTo("attestation_too_old");
  }

  @Test
  void renewal_whileItHolds_isOfTheSameExecution_andReplaysTheSame() throws Exception {
    Artifact first = Deployment.artifact(deployment.attest(host));
    deployment.clock.advance(LEASE.dividedBy(2));
    Artifact second = Deployment.artifact(renew(first));
    deployment.clock.advance(LEASE.dividedBy(2).plusSeconds(1));
    // The first has ended; what it permitted goes on.
    Artifact third = Deployment.artifact(renew(second));

    for (Artifact renewed : List.of(second, third)) {
      assertThat(renewed.claims().lineage()).isEqualTo(first.claims().lineage());
      assertThat(renewed.claims().request().digest()).isEqualTo(first.claims().request().digest());
      assertThat(renewed.claims().gov().initiator()).isEqualTo(first.claims().gov().initiator());
      Leaf leaf = deployment.service().ledger().leaf(indexOf(renewed.claims().jti())).orElseThrow();
      assertThat(((LeafBody.DecisionAllow) leaf.body()).renews()).contains(first.claims().jti());
      long began = indexOf(first.claims().jti());
      assertThat(leaf.parents())
          .contains(deployment.service().ledger().leaf(began).orElseThrow().hash());
    }
    long last = indexOf(third.claims().jti());
    ReplayedStore store = ReplayedStore.of(deployment);
    assertThat(notSame(store.replay(last))).isEmpty();
  }

  @Test
  void renewal_ofWhatIsNotItsOwn_orNotOurs_isDenied() throws Exception {
    Artifact first = Deployment.artifact(deployment.attest(host));
    assertDenied("renewal_of_another", renew(host, first, Deployment.request(host, 3)));
    assertDenied("renewal_of_another", renew(other, first, Deployment.request(other)));
    long exp = first.claims().exp().getEpochSecond();
    assertDenied("renewal_unknown", renew(forged(first, "\"exp\":" + exp, "\"exp\":" + (exp + 1))));
    String jti = first.claims().jti().toString();
    String other = jti.substring(0, jti.length() - 1) + (jti.endsWith("0") ? "1" : "0");
    assertDenied("renewal_unknown", renew(forged(first, jti, other)));
  }

  private static Artifact forged(Artifact artifact, String claim, String other) throws Exception {
    String[] parts = artifact.compact().split("\\.");
    String claims = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
    assertThat(claims).contains(claim);
    byte[] changed = claims.replace(claim, other).getBytes(StandardCharsets.UTF_8);
    return Artifact.parse(
        parts[0]
            + "."
            + Base64.getUrlEncoder().withoutPadding().encodeToString(changed)
            + "."
            + parts[2]);
  }

  @Test
  void renewal_ofWhatEnded_orWasRevokedAnywhereInItsExecution_isDenied() throws Exception {
    Artifact first = Deployment.artifact(deployment.attest(host));
    deployment.clock.advance(LEASE.dividedBy(2));
    Artifact second = Deployment.artifact(renew(first));
    revoke(first);
    assertDenied("renewal_revoked", renew(first));
    assertDenied("renewal_revoked", renew(second));
    Artifact another = Deployment.artifact(deployment.attest(host));
    deployment.clock.advance(LEASE.plusSeconds(1));
    assertDenied("renewal_expired", renew(another));
  }

  /** An operator sees the one under which it runs now; who works against him shows another that holds. */
  @Test
  void renewal_besideOneThatWasRevoked_isDenied_andTheLogHangsTogether() throws Exception {
    Artifact first = Deployment.artifact(deployment.attest(host));
    Artifact second = Deployment.artifact(renew(first));
    Artifact third = Deployment.artifact(renew(first));
    revoke(second);

    assertDenied("renewal_revoked", renew(third));
    assertDenied("renewal_revoked", renew(first));
    assertThat(deployment.service().ledger().artifact(first.claims().jti()).orElseThrow().revoked())
        .isTrue();
    revoke(third);
    LedgerRules rules = new LedgerRules(Optional.of(deployment.trust().content()));
    for (long i = 0; i < deployment.leaves(); i++) {
      byte[] leaf = deployment.service().ledger().leaf(i).orElseThrow().bytes();
      assertThat(rules.take(i, leaf)).as("leaf " + i).isEmpty();
    }
  }

  @Test
  void renewal_whoseExecutionIsRevokedWhileItIsSigned_isDenied() throws Exception {
    Artifact first = Deployment.artifact(deployment.attest(host));
    Artifact second = Deployment.artifact(renew(first));
    Application plain = host.answer(deployment.challenge(host), second.claims().request());
    deployment.random.beforeNextBytes(() -> revoke(first));

    assertDenied("renewal_revoked", deployment.issue(showing(plain, second)));
  }

  @Test
  void artifact_underNoLease_isNotRenewed() throws Exception {
    try (Deployment plain = new Deployment(token, folder.resolve("plain"))) {
      SoftwareHost own = plain.host("host-a");
      plain.start();
      assertThat(plain.enrol(own)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
      Artifact first = Deployment.artifact(plain.attest(own));
      Application again = own.answer(plain.challenge(own), first.claims().request());

      assertThat(
              Deployment.denial(
                      DenialCode.AUTHORIZATION_DISCONTINUITY, plain.issue(showing(again, first)))
                  .reason())
          .isEqualTo("renewal_without_lease");
    }
  }

  /** The name in a child's artifact is its parent's, whose word may have been for another act. */
  @Test
  void initiatorOfAnExecution_isShownAgain_unlessItWasTheParentsForAnotherAct() throws Exception {
    Artifact first = Deployment.artifact(deployment.attest(host));
    ArtifactClaims alices =
        forged(first, first.claims().gov().initiator(), "alice@acme.example").claims();
    Renewal goesOn =
        new Renewal(alices, alices.jti(), deployment.leaves() - 1, deployment.lastLeaf());
    ParentProof proof =
        new ParentProof(
            forged(first, first.claims().gov().initiator(), "alice@acme.example"),
            host.instanceKey.publicKey(),
            new byte[64]);

    assertThat(Renewals.initiator(Optional.of(goesOn), Optional.empty(), Optional.empty()))
        .contains("alice@acme.example");
    assertThat(
            Renewals.initiator(
                Optional.of(goesOn),
                Optional.of(new ParentGrant(proof, first.digest(), alices.jti(), 1, false)),
                Optional.empty()))
        .isEmpty();
    assertThat(
            Renewals.initiator(
                Optional.of(goesOn),
                Optional.of(new ParentGrant(proof, first.digest(), alices.jti(), 1, true)),
                Optional.empty()))
        .contains("alice@acme.example");
  }

  private void revoke(Artifact artifact) {
    RevocationOutcome outcome =
        Deployment.join(
            deployment
                .service()
                .revocations()
                .revoke(artifact.claims().jti(), RevocationReason.CEASED));
    assertThat(outcome).isInstanceOf(RevocationOutcome.Revoked.class);
  }
}
