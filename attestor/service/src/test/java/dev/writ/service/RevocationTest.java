// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.Seen;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.StatusReference;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.StatusVerdict;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.ledger.IssuedArtifact;
import dev.writ.ledger.StateChange;
import dev.writ.ledger.StatusIndex;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Withdrawing artifacts, and the tokens that say so. */
final class RevocationTest {
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
  void start() throws Exception {
    deployment = new Deployment(token, folder);
    host = deployment.host("host-a");
    deployment.start();
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  private RevocationOutcome revoke(UuidV7 jti) {
    return Deployment.join(
        deployment.service().revocations().revoke(jti, RevocationReason.HOST_COMPROMISED));
  }

  private static void assertDenied(RevocationOutcome outcome, DenialCode code, String reason) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            RevocationOutcome.Denied.class,
            denied -> {
              assertThat(denied.denial().code()).isEqualTo(code);
              assertThat(denied.denial().reason()).isEqualTo(reason);
            });
  }

  private StatusToken inForce(int list) throws Exception {
    return StatusToken.parse(deployment.service().statusTokens().token(list).orElseThrow());
  }

  private StatusIndex indexOf(UuidV7 jti) throws Exception {
    return deployment.service().ledger().artifact(jti).orElseThrow().status().orElseThrow();
  }

  @Test
  void revocation_isInTheTokenInForceBeforeItsAnswer_andInOneLeaf() throws Exception {
    ProofBundle bundle = Deployment.bundle(deployment.attest(host));
    ArtifactClaims claims = Deployment.claims(new IssuanceOutcome.Issued(bundle));
    StatusReference reference = claims.status().orElseThrow();
    StatusIndex index = indexOf(claims.jti());
    assertThat(reference.idx()).isEqualTo(index.idx());
    StatusToken before = inForce(index.list());
    assertThat(before.claims().list().isRevoked(index.idx())).isFalse();
    long leaves = deployment.leaves();

    RevocationOutcome.Revoked revoked = (RevocationOutcome.Revoked) revoke(claims.jti());

    StatusToken after = inForce(index.list());
    assertThat(after.claims().list().isRevoked(index.idx())).isTrue();
    assertThat(after.isLaterThan(before)).isTrue();
    assertThat(after.claims().listUri()).isEqualTo(reference.uri());
    assertThat(revoked.leafIndex()).isEqualTo(leaves);
    assertThat(deployment.leaves()).isEqualTo(leaves + 1);
    Leaf leaf = deployment.lastLeaf();
    assertThat(leaf.time()).isEqualTo(revoked.time());
    assertThat(leaf.body())
        .isEqualTo(new LeafBody.Revocation(claims.jti(), RevocationReason.HOST_COMPROMISED));
    IssuedArtifact artifact = deployment.service().ledger().artifact(claims.jti()).orElseThrow();
    assertThat(artifact.revoked()).isTrue();
    assertThat(leaf.parents())
        .containsExactly(
            deployment.service().ledger().leaf(artifact.leafIndex()).orElseThrow().hash());
  }

  @Test
  void gateway_thatLearnsTheNewToken_refusesTheBundleItTookBefore() throws Exception {
    ProofBundle bundle = Deployment.bundle(deployment.attest(host));
    UuidV7 jti = Deployment.claims(new IssuanceOutcome.Issued(bundle)).jti();
    Seen seen = new SeenInMemory();
    assertThat(codeOf(deployment.verdict(bundle, seen))).isNotEqualTo(DenialCode.REVOKED);

    assertThat(revoke(jti)).isInstanceOf(RevocationOutcome.Revoked.class);
    String newest = deployment.service().statusTokens().token(indexOf(jti).list()).orElseThrow();
    StatusVerdict learnt =
        BundleVerifier.of(deployment.trust()).learn(newest, seen, deployment.clock.instant());

    assertThat(learnt).isInstanceOf(StatusVerdict.Newest.class);
    assertThat(codeOf(deployment.verdict(bundle, seen))).isEqualTo(DenialCode.REVOKED);
  }

  private static DenialCode codeOf(Verdict verdict) {
    return verdict instanceof Verdict.Denied denied ? denied.code() : DenialCode.ARTIFACT_MISSING;
  }

  @Test
  void artifactsOfOneToken_haveEachItsOwnBit() throws Exception {
    Set<StatusIndex> indices = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      indices.add(indexOf(Deployment.claims(deployment.attest(host)).jti()));
    }

    assertThat(indices).hasSize(20);
  }

  @Test
  void secondRevocation_isDenied() throws Exception {
    UuidV7 jti = Deployment.claims(deployment.attest(host)).jti();
    assertThat(revoke(jti)).isInstanceOf(RevocationOutcome.Revoked.class);
    long leaves = deployment.leaves();

    assertDenied(revoke(jti), DenialCode.REVOKED, "already_revoked");
    assertThat(deployment.leaves()).isEqualTo(leaves);
  }

  @Test
  void artifactThatNobodyIssued_isDenied() {
    UuidV7 nobodys = UuidV7.next(deployment.clock, deployment.random);

    assertDenied(revoke(nobodys), DenialCode.ARTIFACT_MISSING, "artifact_unknown");
  }

  @Test
  void expiredArtifact_mayBeRevoked() throws Exception {
    UuidV7 jti = Deployment.claims(deployment.attest(host)).jti();
    deployment.clock.advance(Duration.ofHours(1));

    assertThat(revoke(jti)).isInstanceOf(RevocationOutcome.Revoked.class);
  }

  @Test
  void manyRevocationsAtOnce_areAllInTheTokenInForce() throws Exception {
    List<UuidV7> issued = IntStream.range(0, 20).mapToObj(i -> attestedJti()).toList();
    List<CompletionStage<RevocationOutcome>> answers =
        issued.stream()
            .map(
                jti -> deployment.service().revocations().revoke(jti, RevocationReason.UNSPECIFIED))
            .toList();

    for (int i = 0; i < issued.size(); i++) {
      assertThat(Deployment.join(answers.get(i))).isInstanceOf(RevocationOutcome.Revoked.class);
      StatusIndex index = indexOf(issued.get(i));
      assertThat(inForce(index.list()).claims().list().isRevoked(index.idx())).isTrue();
    }
  }

  private UuidV7 attestedJti() {
    try {
      return Deployment.claims(deployment.attest(host)).jti();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void restart_keepsRevocationsAndPublishesEveryListInUse() throws Exception {
    UuidV7 jti = Deployment.claims(deployment.attest(host)).jti();
    StatusIndex index = indexOf(jti);
    assertThat(revoke(jti)).isInstanceOf(RevocationOutcome.Revoked.class);

    deployment.restart();

    assertThat(inForce(index.list()).claims().list().isRevoked(index.idx())).isTrue();
    assertThat(indexOf(Deployment.claims(deployment.attest(host)).jti()))
        .as("of a block of its own")
        .isNotEqualTo(index);
  }

  @Test
  void tokenGone_revocationIsNotAnsweredAsPublished_andArtifactsAreNotIssued() throws Exception {
    UuidV7 jti = Deployment.claims(deployment.attest(host)).jti();
    token.logOut();
    try {
      RevocationOutcome outcome = revoke(jti);

      assertThat(((RevocationOutcome.Denied) outcome).denial().retryable()).isTrue();
      Deployment.denial(DenialCode.UNVERIFIABLE, deployment.attest(host));
    } finally {
      token.logIn();
    }
    deployment.restart();
    StatusIndex index = indexOf(jti);
    boolean revoked = deployment.service().ledger().artifact(jti).orElseThrow().revoked();
    assertThat(inForce(index.list()).claims().list().isRevoked(index.idx())).isEqualTo(revoked);
  }

  @Test
  void bundle_carriesAFreshTokenOfItsList_howeverOldTheOneBefore() throws Exception {
    StatusToken first = carried(Deployment.bundle(deployment.attest(host)));
    deployment.clock.advance(Duration.ofMinutes(4));

    StatusToken second = carried(Deployment.bundle(deployment.attest(host)));

    assertThat(second.claims().iat()).isAfter(first.claims().iat());
    assertThat(second.claims().exp()).isEqualTo(second.claims().iat().plus(Duration.ofMinutes(5)));
    assertThat(second.claims().ttl()).isEqualTo(deployment.service().statusTokens().ttl());
    assertThat(second.claims().writ().epoch()).isEqualTo(1);
    assertThat(second.claims().writ().trustVersion()).isEqualTo(1);
  }

  private static StatusToken carried(ProofBundle bundle) throws Exception {
    return StatusToken.parse(bundle.statusListToken().orElseThrow());
  }

  /** As it is after a commit whose answer was lost, or a token that could not be signed. */
  @Test
  void revocationAgain_whereNoTokenSaysSoYet_publishesIt() throws Exception {
    UuidV7 jti = Deployment.claims(deployment.attest(host)).jti();
    StatusIndex index = indexOf(jti);
    deployment.change(
        new LeafBody.Revocation(jti, RevocationReason.CEASED), new StateChange.RevokeArtifact(jti));
    assertThat(inForce(index.list()).claims().list().isRevoked(index.idx())).isFalse();
    long leaves = deployment.leaves();

    assertDenied(revoke(jti), DenialCode.REVOKED, "already_revoked");

    assertThat(inForce(index.list()).claims().list().isRevoked(index.idx())).isTrue();
    assertThat(deployment.leaves()).isEqualTo(leaves);
  }

  @Test
  void clockThatFellBack_issuesNothingThatVerifiersRefuse_andIssuesOnceItIsRight()
      throws Exception {
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    deployment.clock.advance(Duration.ofMinutes(-10));

    Denial denial = Deployment.denial(DenialCode.UNVERIFIABLE, deployment.attest(host));

    assertThat(denial.reason()).isEqualTo("status_stale");
    deployment.clock.advance(Duration.ofMinutes(10));
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  void clockThatFellBackALittle_renewsTokensAllTheSame() throws Exception {
    int list = indexOf(Deployment.claims(deployment.attest(host)).jti()).list();
    String before = deployment.service().statusTokens().token(list).orElseThrow();
    deployment.clock.advance(Duration.ofSeconds(-5));

    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (inForce(list).compact().equals(before) && System.nanoTime() < end) {
      Thread.sleep(20);
    }

    assertThat(inForce(list).compact()).isNotEqualTo(before);
  }
}
