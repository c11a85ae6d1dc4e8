// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.PolicyEnvelope;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verdict;
import dev.writ.evidence.Challenge;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.Precondition;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyRevision;
import dev.writ.service.PolicyPublications.Outcome;
import dev.writ.service.Readiness.Part;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Policies that operator 0 writes and two of three approvers sign, while the service runs. */
class PolicyPublicationTest {
  private static ServiceToken token;

  @TempDir private Path folder;
  private Deployment deployment;
  private SoftwareHost listed;

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
    deployment.approvePolicies();
    listed = deployment.host("host-a");
  }

  @AfterEach
  void stop() {
    deployment.close();
  }

  private Ledger ledger() {
    return deployment.service().ledger();
  }

  private long epoch() throws Exception {
    return ledger().policyEpoch().orElseThrow().epoch();
  }

  @CanIgnoreReturnValue
  private Outcome.Published published(PolicyDocument document) {
    Outcome outcome = deployment.publish(deployment.approved(document));
    assertThat(outcome).isInstanceOf(Outcome.Published.class);
    return (Outcome.Published) outcome;
  }

  private SoftwareHost enrolledHost() throws Exception {
    assertThat(deployment.enrol(listed)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
    return listed;
  }

  @Test
  void nextVersion_isInForceAtOnce_inDecisionsStatusTokensAndAfterARestart() throws Exception {
    deployment.start();
    SoftwareHost host = enrolledHost();
    ProofBundle first = Deployment.bundle(deployment.attest(host));
    Challenge before = deployment.challenge(host);
    Hash parent = deployment.service().policies().leaf();
    PolicyDocument second = deployment.nextPolicy(next -> next.lifetime(Duration.ofHours(1)));
    PolicyEnvelope envelope = deployment.approved(second);
    deployment.clock.advance(Duration.ofSeconds(1));

    Outcome outcome = deployment.publish(envelope);

    assertThat(outcome).isInstanceOf(Outcome.Published.class);
    Outcome.Published made = (Outcome.Published) outcome;
    assertThat(made.policy().epoch()).isEqualTo(2);
    assertThat(made.policy().digest().hex()).isEqualTo(second.digest().hex());
    assertThat(made.endsEarlier()).isFalse();
    Leaf leaf = ledger().leaf(made.leafIndex()).orElseThrow();
    assertThat(leaf.body()).isEqualTo(new LeafBody.PolicyInForce(made.policy()));
    assertThat(leaf.parents()).containsExactly(parent);
    assertThat(leaf.payload()).contains(Hash.sha256(envelope.toJson()));
    assertThat(ledger().payload(made.leafIndex())).hasValue(envelope.toJson());
    assertThat(statusEpochs()).containsExactly(2L, 1L);

    Application old = host.answer(before, Deployment.request(host));
    assertThat(Deployment.denial(DenialCode.POLICY_MISMATCH, deployment.issue(old)).reason())
        .isEqualTo("challenge_of_earlier_epoch");
    ArtifactClaims claims = Deployment.claims(deployment.attest(host));
    assertThat(claims.policy()).isEqualTo(made.policy());
    assertThat(Duration.between(claims.iat(), claims.exp()))
        .as("longer than the status indices were reserved for")
        .isEqualTo(Duration.ofHours(1));
    assertThat(deployment.verdict(first, new SeenInMemory()))
        .as("artifacts of the epoch before count on")
        .isInstanceOf(Verdict.Allowed.class);

    deployment.restart();
    assertThat(deployment.service().policy().document().version())
        .as("whatever earlier version is configured")
        .isEqualTo(2);
    assertThat(epoch()).isEqualTo(2);
    assertThat(deployment.service().policies().longestLifetime()).isEqualTo(Duration.ofHours(1));
  }

  /** Epoch and least epoch of the newest token. */
  private List<Long> statusEpochs() throws Exception {
    int list = ledger().statusLists().get(0);
    StatusToken newest =
        StatusToken.parse(deployment.service().statusTokens().token(list).orElseThrow());
    return List.of(newest.claims().writ().epoch(), newest.claims().writ().minEpoch());
  }

  @Test
  void policyThatSaysSo_endsArtifactsOfEarlierEpochs() throws Exception {
    deployment.start();
    SoftwareHost host = enrolledHost();
    ProofBundle first = Deployment.bundle(deployment.attest(host));
    SeenInMemory gateway = new SeenInMemory();
    assertThat(deployment.verdict(first, gateway)).isInstanceOf(Verdict.Allowed.class);
    deployment.clock.advance(Duration.ofSeconds(1));

    assertThat(published(deployment.nextPolicy(PolicyRevision::endsEarlierArtifacts)).endsEarlier())
        .isTrue();

    assertThat(statusEpochs()).containsExactly(2L, 2L);
    ProofBundle second = Deployment.bundle(deployment.attest(host));
    assertThat(deployment.verdict(second, gateway)).isInstanceOf(Verdict.Allowed.class);
    assertThat(deployment.verdict(first, gateway))
        .isInstanceOfSatisfying(
            Verdict.Denied.class,
            denied -> assertThat(denied.code()).isEqualTo(DenialCode.POLICY_MISMATCH));
    published(deployment.nextPolicy(unchanged -> {}));
    assertThat(statusEpochs())
        .as("said of one version, not of those after it")
        .containsExactly(3L, 2L);
  }

  private PolicyEnvelope changed(String from, String to) throws Exception {
    String json =
        new String(deployment.nextPolicy(unchanged -> {}).canonical(), StandardCharsets.UTF_8);
    assertThat(json).contains(from);
    PolicyEnvelope envelope =
        PolicyEnvelope.of(json.replace(from, to).getBytes(StandardCharsets.UTF_8));
    return deployment.approvers.sign(
        1, deployment.approvers.sign(0, deployment.operators.sign(0, envelope)));
  }

  private PolicyEnvelope brokenBy(String approvers, int reviewWithin) throws Exception {
    return changed(
        ",\"constants\":",
        ",\"breakglass\":{\"approvers\":["
            + approvers
            + "],\"max_ttl_s\":60,\"review_within_s\":"
            + reviewWithin
            + ",\"threshold\":1},\"constants\":");
  }

  private PolicyEnvelope inForceUntil(Instant from, Instant until) throws Exception {
    return deployment.approved(deployment.nextPolicy(next -> next.inForce(from, until)));
  }

  @Test
  void whatMayNotBeInForce_isRefusedForItsReason_andChangesNothing() throws Exception {
    deployment.start();
    PolicyDocument next = deployment.nextPolicy(unchanged -> {});
    PolicyEnvelope bare = PolicyEnvelope.of(next.canonical());
    PolicyEnvelope authored = deployment.operators.sign(0, bare);
    PolicyEnvelope good = deployment.approved(next);
    Instant now = deployment.clock.instant();
    String digest = deployment.service().policy().digest().hex();
    Map<String, PolicyEnvelope> refused = new LinkedHashMap<>();
    refused.put("policy_approvals_missing", authored);
    refused.put("policy_approvals_missing ", deployment.approvers.sign(0, authored));
    refused.put(
        "policy_author_not_signed",
        deployment.approvers.sign(1, deployment.approvers.sign(0, bare)));
    refused.put(
        "policy_author_unknown",
        changed(Deployment.name(deployment.operators.kid(0)), "somebody@example.org"));
    refused.put("policy_malformed", changed("\"lifetime_s\":300", "\"lifetime_s\":0"));
    refused.put(
        "policy_malformed ", changed("\"lifetime_s\":300", "\"life\":1,\"lifetime_s\":300"));
    refused.put("policy_malformed  ", changed("request.depth > constants.max_depth", "request."));
    refused.put("policy_malformed   ", changed("\"id\":\"deep-chain\"", "\"id\":\"known-action\""));
    refused.put("policy_id", changed("\"id\":\"dev\"", "\"id\":\"other\""));
    refused.put("policy_version", changed("\"version\":2", "\"version\":3"));
    refused.put("policy_version ", changed("\"version\":2", "\"version\":12"));
    refused.put("policy_previous", changed(digest, digest.replace('0', '1')));
    refused.put(
        "policy_not_effective", inForceUntil(now.plusSeconds(2), now.plus(Duration.ofDays(1))));
    refused.put("policy_expired", inForceUntil(now.minusSeconds(60), now.minusSeconds(1)));
    refused.put("policy_obliges_to_too_much", obliging());
    refused.put("policy_breakglass_unreviewable", brokenBy("\"a\"", 60));
    refused.put("policy_breakglass_unreviewable ", brokenBy("\"a\",\"b\"", 59));
    refused.put(
        "policy_freeze_unsaid",
        changed("governance.mode == Mode.FROZEN", "governance.mode == Mode.BREAKGLASS"));
    refused.put("policy_approvals_unreachable", approvedBy(15));
    refused.put(
        "policy_tests_failed",
        changed("request.depth > constants.max_depth", "request.depth >= 0"));
    refused.put("policy_not_covered", uncovered());
    long leaves = deployment.leaves();

    for (Map.Entry<String, PolicyEnvelope> each : refused.entrySet()) {
      assertThat(deployment.publish(each.getValue()))
          .as(each.getKey())
          .isInstanceOfSatisfying(
              Outcome.Denied.class,
              denied ->
                  assertThat(denied.denial().reason())
                      .as(denied.denial().message())
                      .isEqualTo(each.getKey().strip()));
    }

    assertThat(deployment.leaves()).isEqualTo(leaves);
    assertThat(epoch()).isEqualTo(1);
    assertThat(deployment.publish(good)).isInstanceOf(Outcome.Published.class);
    assertThat(deployment.publish(good))
        .as("an older version, and this one once more, are none of the next")
        .isInstanceOfSatisfying(
            Outcome.Denied.class,
            denied -> assertThat(denied.denial().reason()).isEqualTo("policy_version"));
    assertThat(epoch()).isEqualTo(2);
  }

  /** One rule more, which no test comes to. */
  private PolicyEnvelope uncovered() throws Exception {
    return changed(
        "\"rules\":[",
        "\"rules\":[{\"code\":\"policy_denied\",\"effect\":\"forbid\",\"id\":\"never\","
            + "\"mode\":\"enforce\",\"reason_admin\":\"No.\",\"reason_user\":\"No.\","
            + "\"stage\":\"restriction\",\"when\":\"request.action == 'never'\"},");
  }

  private PolicyEnvelope approvedBy(int threshold) throws Exception {
    String approvers =
        IntStream.range(0, threshold)
            .mapToObj(i -> "\"a" + i + "\"")
            .collect(Collectors.joining(","));
    return changed(
        "{\"author\"",
        "{\"approvals\":{\"approvers\":["
            + approvers
            + "],\"separation\":false,\"threshold\":"
            + threshold
            + "},\"author\"");
  }

  /** Eight are as many as one rule may have; the first three rules come to 24. */
  private PolicyEnvelope obliging() throws Exception {
    String json =
        new String(deployment.nextPolicy(unchanged -> {}).canonical(), StandardCharsets.UTF_8);
    for (int rule : List.of(0, 1, 2)) {
      String obligations =
          IntStream.range(0, 8)
              .mapToObj(i -> "\"log:" + rule + i + "\"")
              .collect(Collectors.joining(",", "\"obligations\":[", "],"));
      json = json.replaceFirst("(\"mode\":\"enforce\",)(?!\"obl)", "$1" + obligations);
    }
    return deployment.approved(PolicyDocument.parse(json.getBytes(StandardCharsets.UTF_8)));
  }

  /** The ways back: no policy has a say in what replaces it, in revocations and in keys. */
  @Test
  void policyThatDeniesEverythingOrHasExpired_isPublishedOver() throws Exception {
    deployment.policyRule(
        "{\"code\":\"policy_denied\",\"effect\":\"forbid\",\"id\":\"nothing\",\"mode\":\"enforce\","
            + "\"reason_admin\":\"No.\",\"reason_user\":\"No.\",\"stage\":\"restriction\","
            + "\"when\":\"true\"}");
    Instant now = deployment.clock.instant();
    deployment.policy(
        policy ->
            policy.inForce(Instant.parse("2026-01-01T00:00:00Z"), now.plus(Duration.ofMinutes(5))));
    deployment.start();
    SoftwareHost host = enrolledHost();
    Deployment.denial(DenialCode.POLICY_DENIED, deployment.attest(host));
    deployment.clock.advance(Duration.ofMinutes(6));
    Deployment.denial(DenialCode.POLICY_DENIED, deployment.attest(host));
    PolicyDocument denying = deployment.service().policy().document();
    String json = new String(denying.canonical(), StandardCharsets.UTF_8);
    PolicyDocument mended =
        PolicyDocument.parse(
            json.replaceFirst("\\{[^{}]*\"id\":\"nothing\"[^{}]*},", "")
                .replace(
                    "\"version\":1",
                    "\"previous\":\"" + denying.digest().hex() + "\",\"version\":2")
                .replace(denying.expires().toString(), "2036-01-01T00:00:00Z")
                .getBytes(StandardCharsets.UTF_8));

    published(mended);

    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  private CommitOutcome committed(GivenPolicy file) throws Exception {
    long before = epoch();
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(deployment.clock.millis()),
            UuidV7.next(deployment.clock, new SecureRandom()),
            List.of(deployment.service().policies().leaf()),
            PolicyEntries.body(file.document(), before + 1));
    Entry entry =
        PolicyEntries.entry(
            leaf,
            file,
            new Precondition.EpochIs(before),
            new Precondition.NoTrustAfter(deployment.service().trust().content().version()));
    return Deployment.join(ledger().commit(entry));
  }

  private boolean policyIsReady() {
    deployment.pass(Duration.ofSeconds(1));
    return Deployment.join(deployment.service().readiness()).findings().stream()
        .filter(finding -> finding.part() == Part.POLICY)
        .allMatch(Readiness.Finding::ok);
  }

  /** As a crash between the commit and what follows it leaves it. */
  @Test
  void committedAndNotFollowed_isFollowedWithinTheSecond_orByTheNextStart() throws Exception {
    deployment.start();
    SoftwareHost host = enrolledHost();
    PolicyDocument second = deployment.nextPolicy(next -> next.lifetime(Duration.ofMinutes(7)));
    assertThat(committed(GivenPolicy.of(deployment.approved(second))))
        .isInstanceOf(CommitOutcome.Receipt.class);
    assertThat(policyIsReady()).isFalse();

    deployment.service().chores().run();

    assertThat(policyIsReady()).isTrue();
    assertThat(Deployment.claims(deployment.attest(host)).policy().epoch()).isEqualTo(2);
    PolicyDocument third = deployment.nextPolicy(unchanged -> {});
    assertThat(committed(GivenPolicy.of(deployment.approved(third))))
        .isInstanceOf(CommitOutcome.Receipt.class);
    deployment.restart();
    assertThat(Deployment.claims(deployment.attest(host)).policy().version()).isEqualTo(3);
  }

  /** Somebody who can write to the store and has no approver's key. */
  @Test
  void policyInTheLedgerThatNobodySigned_deniesEverything_andIsPublishedOver() throws Exception {
    deployment.start();
    SoftwareHost host = enrolledHost();
    ArtifactClaims claims = Deployment.claims(deployment.attest(host));
    Challenge before = deployment.challenge(host);
    PolicyDocument forged = deployment.nextPolicy(unchanged -> {});
    assertThat(committed(GivenPolicy.unsigned(forged))).isInstanceOf(CommitOutcome.Receipt.class);

    Application application = host.answer(before, Deployment.request(host));
    assertThat(Deployment.denial(DenialCode.UNVERIFIABLE, deployment.issue(application)).reason())
        .isEqualTo("policy_unsigned");
    assertThat(Deployment.join(deployment.service().challenge(host.ak.name())))
        .isInstanceOfSatisfying(
            ChallengeOutcome.Denied.class,
            denied -> assertThat(denied.denial().code()).isEqualTo(DenialCode.UNVERIFIABLE));
    assertThat(policyIsReady()).isFalse();
    deployment.restart();
    assertThat(policyIsReady()).as("nor after a start").isFalse();
    assertThat(Deployment.join(deployment.service().invitations().invite("b", Duration.ofHours(1))))
        .as("governance goes on without it")
        .isInstanceOf(InvitationOutcome.Invited.class);
    assertThat(
            Deployment.join(
                deployment
                    .service()
                    .revocations()
                    .revoke(claims.jti(), RevocationReason.POLICY_CHANGED)))
        .isInstanceOf(RevocationOutcome.Revoked.class);
    assertThat(
            Deployment.join(
                deployment
                    .service()
                    .dualControl()
                    .propose(
                        new ChangeRequest.Rotate(KeyRole.ISSUER, Duration.ofMinutes(10)),
                        Duration.ofHours(1),
                        Optional.of(deployment.operators.kid(0)))))
        .isInstanceOf(DualControl.Outcome.Drafted.class);

    published(forged.revise().nextVersion().build());

    assertThat(policyIsReady()).isTrue();
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  @Test
  void configuredPolicy_thatNobodySigned_orWasNeverPublished_stopsTheStart() throws Exception {
    WritService.Setup unsigned = with(GivenPolicy.unsigned(deployment.document()));
    assertThatThrownBy(() -> deployment.start(unsigned))
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContaining("is in none: sign it");
    PolicyEnvelope authored =
        deployment.operators.sign(0, PolicyEnvelope.of(deployment.document().canonical()));
    WritService.Setup alone = with(GivenPolicy.of(authored));
    assertThatThrownBy(() -> deployment.start(alone))
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContaining("2 of the policy approvers");
    deployment.start();
    assertThat(epoch()).as("what was refused left nothing behind").isEqualTo(1);
    deployment.service().close();

    deployment.policy(policy -> policy.lifetime(Duration.ofMinutes(9)));
    assertThatThrownBy(() -> deployment.start())
        .isInstanceOf(ServiceStartException.class)
        .hasMessageContaining("writ policy publish");

    try (Deployment dev = new Deployment(token, folder.resolve("dev"))) {
      dev.policy(policy -> policy.author(Deployment.name(dev.operators.kid(0))));
      PolicyEnvelope signed = dev.approved(dev.document());
      WritService.Setup nobody = dev.setup(token.keys(), GivenPolicy.of(signed));
      assertThatThrownBy(() -> dev.start(nobody))
          .isInstanceOf(ServiceStartException.class)
          .hasMessageContaining("policy_approvers");
      dev.start();
      assertThat(dev.publish(signed))
          .isInstanceOfSatisfying(
              Outcome.Denied.class,
              denied -> assertThat(denied.denial().reason()).isEqualTo("policy_approvers_missing"));
    }
  }

  private WritService.Setup with(GivenPolicy policy) throws Exception {
    return deployment.setup(token.keys(), policy);
  }

  /** Approvers change as anything of the trust file does, and what went before stays in force. */
  @Test
  void otherApprovers_approveFromThenOn_andThePolicyBeforeStaysInForce() throws Exception {
    deployment.start();
    OperatorKeys others = new OperatorKeys(1, 1);
    OtherApprovers.publish(deployment, others);
    deployment.service().chores().run();
    assertThat(deployment.service().trust().content().policyApprovers()).contains(others.quorum());

    deployment.restart();
    assertThat(policyIsReady()).as("signed by those of its time").isTrue();
    PolicyDocument next = deployment.nextPolicy(unchanged -> {});
    assertThat(deployment.publish(deployment.approved(next)))
        .isInstanceOfSatisfying(
            Outcome.Denied.class,
            denied -> assertThat(denied.denial().reason()).isEqualTo("policy_approvals_missing"));

    PolicyEnvelope envelope =
        others.sign(0, deployment.operators.sign(0, PolicyEnvelope.of(next.canonical())));
    assertThat(deployment.publish(envelope)).isInstanceOf(Outcome.Published.class);
    assertThat(epoch()).isEqualTo(2);
    assertThat(deployment.lastLeaf().kind()).isEqualTo(LeafKind.POLICY);
    deployment.restart();
    assertThat(policyIsReady()).isTrue();
  }

  /** As another node does: between the look at the signatures and the commit. */
  private void meanwhile(OperatorKeys others) {
    deployment.random.beforeNextBytes(() -> OtherApprovers.publish(deployment, others));
  }

  /**
   * A policy whose leaf came after that of another trust file would be judged by approvers who did not sign
   * it, at every start, and stop all decisions until the next version.
   */
  @Test
  void otherApprovers_whileAPolicyIsPublished_areAskedBeforeItsLeafIsMade() throws Exception {
    deployment.start();
    PolicyDocument next = deployment.nextPolicy(unchanged -> {});
    OperatorKeys others = new OperatorKeys(1, 1);
    meanwhile(others);

    assertThat(deployment.publish(deployment.approved(next)))
        .isInstanceOfSatisfying(
            Outcome.Denied.class,
            denied ->
                assertThat(denied.denial().reason())
                    .isIn("policy_approvals_missing", "trust_behind"));

    assertThat(epoch()).as("the policy in force is untouched").isEqualTo(1);
    deployment.restart();
    assertThat(policyIsReady()).isTrue();
    PolicyEnvelope envelope =
        others.sign(0, deployment.operators.sign(0, PolicyEnvelope.of(next.canonical())));
    assertThat(deployment.publish(envelope)).isInstanceOf(Outcome.Published.class);
  }

  /** Whoever signed for both is published, on the second look. */
  @Test
  void sameApprovers_inATrustFileThatCameMeanwhile_areJudgedOnceMoreAndEnough() throws Exception {
    deployment.start();
    PolicyDocument next = deployment.nextPolicy(unchanged -> {});
    meanwhile(deployment.approvers);

    Outcome first = deployment.publish(deployment.approved(next));
    if (first instanceof Outcome.Denied denied) {
      // The node has not followed yet: it says so, and nothing was published.
      assertThat(denied.denial().reason()).isEqualTo("trust_behind");
      assertThat(epoch()).isEqualTo(1);
      deployment.service().chores().run();
      published(next);
    }
    assertThat(epoch()).isEqualTo(2);
    deployment.restart();
    assertThat(policyIsReady()).isTrue();
  }
}
