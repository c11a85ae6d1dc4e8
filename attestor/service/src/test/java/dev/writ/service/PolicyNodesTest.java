// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.ProofBundle;
import dev.writ.artifact.RedemptionStatement;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.Verdict;
import dev.writ.evidence.Challenge;
import dev.writ.fixtures.PostgresServer;
import dev.writ.ledger.CommitLimits;
import dev.writ.ledger.PostgresConfig;
import dev.writ.policy.Governance;
import dev.writ.policy.PolicyDocument;
import dev.writ.service.PolicyPublications.Outcome;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** What one node does, on another node with the same database. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PolicyNodesTest {
  @TempDir private static Path folder;
  private static PostgresServer server;
  private static ServiceToken token;
  private static Deployment deployment;
  private static WritService first;
  private static WritService second;
  private static SoftwareHost host;

  @BeforeAll
  static void start() throws Exception {
    server = PostgresServer.start();
    server.createDatabase("nodes");
    token = ServiceToken.create();
    deployment = new Deployment(token, folder);
    deployment.approvePolicies();
    deployment.store(
        new PostgresConfig(
            "127.0.0.1",
            server.port(),
            "nodes",
            PostgresServer.USER,
            Optional.of(server.passwordFile()),
            Optional.empty(),
            Optional.empty(),
            CommitLimits.DEFAULT));
    host = deployment.host("host-a");
    first = deployment.start();
    second = WritService.open(deployment.setup());
    assertThat(deployment.enrol(host)).isInstanceOf(EnrolmentOutcome.Enrolled.class);
  }

  @AfterAll
  static void stop() throws Exception {
    second.close();
    deployment.close();
    token.close();
    server.close();
  }

  private static Challenge challenge(WritService node) {
    return ((ChallengeOutcome.Issued) Deployment.join(node.challenge(host.ak.name()))).challenge();
  }

  private static IssuanceOutcome issue(WritService node, Application application) {
    return Deployment.join(node.issuance().issue(application));
  }

  @Test
  void publishedByOneNode_isInForceOnTheOther_withoutItsChores() throws Exception {
    first.policies().align();
    second.policies().align();
    long before = second.policies().epoch();
    Challenge old = challenge(second);
    PolicyDocument next = deployment.nextPolicy(policy -> policy.lifetime(Duration.ofMinutes(8)));

    assertThat(deployment.publish(deployment.approved(next))).isInstanceOf(Outcome.Published.class);

    Challenge fresh = challenge(first);
    assertThat(fresh.epoch()).isEqualTo(before + 1);
    assertThat(second.policies().epoch()).as("which has not looked yet").isEqualTo(before);
    IssuanceOutcome issued = issue(second, host.answer(fresh, Deployment.request(host)));
    ArtifactClaims claims = Deployment.claims(issued);
    assertThat(claims.policy().epoch()).isEqualTo(before + 1);
    assertThat(Duration.between(claims.iat(), claims.exp())).isEqualTo(Duration.ofMinutes(8));
    assertThat(verdict(Deployment.bundle(issued)))
        .as("its status token is of the artifact's epoch")
        .isInstanceOf(Verdict.Allowed.class);

    PolicyDocument third = deployment.nextPolicy(unchanged -> {});
    Challenge middle = challenge(second);
    assertThat(deployment.publish(deployment.approved(third)))
        .isInstanceOf(Outcome.Published.class);
    assertThat(
            Deployment.denial(
                    DenialCode.POLICY_MISMATCH,
                    issue(second, host.answer(middle, Deployment.request(host))))
                .reason())
        .as("superseded, judged once more, of an earlier epoch")
        .isEqualTo("challenge_of_earlier_epoch");
    assertThat(second.policies().epoch()).isEqualTo(before + 2);
    Deployment.denial(
        DenialCode.POLICY_MISMATCH, issue(second, host.answer(old, Deployment.request(host))));
  }

  private static RedemptionOutcome redeem(
      WritService node, ProofBundle bundle, RedemptionStatement asked) {
    return Deployment.join(node.redemptions().redeem(bundle.toJson(), asked.compact()));
  }

  private static Optional<Hash> leaf(RedemptionOutcome outcome) throws Exception {
    return outcome instanceof RedemptionOutcome.Taken taken
        ? Optional.of(Leaf.parse(taken.receipt().leaf()).hash())
        : Optional.empty();
  }

  @Test
  void useThatOneNodeTook_isTakenOnTheOther_andItsQuestionKnown() throws Exception {
    Redeeming redeeming = new Redeeming(deployment, host);
    ProofBundle bundle = redeeming.issue(2);
    RedemptionStatement one = redeeming.byGateway(bundle);
    RedemptionStatement other = redeeming.byGateway(bundle);
    CompletionStage<RedemptionOutcome> atFirst =
        first.redemptions().redeem(bundle.toJson(), one.compact());
    CompletionStage<RedemptionOutcome> atSecond =
        second.redemptions().redeem(bundle.toJson(), one.compact());
    Optional<Hash> leaf = leaf(Deployment.join(atFirst));

    assertThat(leaf).isPresent().isEqualTo(leaf(Deployment.join(atSecond)));
    assertThat(leaf(redeem(second, bundle, other))).isPresent().isNotEqualTo(leaf);
    assertThat(leaf(redeem(first, bundle, redeeming.byGateway(bundle)))).isEmpty();
    assertThat(leaf(redeem(second, bundle, redeeming.byGateway(bundle)))).isEmpty();
    assertThat(leaf(redeem(second, bundle, one))).isEqualTo(leaf);
  }

  private static Verdict verdict(ProofBundle bundle) {
    return BundleVerifier.of(deployment.trust())
        .verify(
            bundle.toJson(),
            Presentation.NOTHING.withTenant(Deployment.IDENTITY.tenant()),
            new SeenInMemory(),
            deployment.clock.instant());
  }

  @Test
  void nextVersions_ofTwoNodesAtOnce_areOne() throws Exception {
    first.policies().align();
    second.policies().align();
    long before = first.policies().epoch();
    PolicyDocument one = deployment.nextPolicy(policy -> policy.lifetime(Duration.ofMinutes(2)));
    PolicyDocument other = deployment.nextPolicy(policy -> policy.lifetime(Duration.ofMinutes(3)));

    CompletionStage<Outcome> atFirst = first.publications().publish(deployment.approved(one));
    CompletionStage<Outcome> atSecond = second.publications().publish(deployment.approved(other));

    List<Outcome> outcomes = Stream.of(atFirst, atSecond).map(Deployment::join).toList();
    assertThat(outcomes).filteredOn(Outcome.Published.class::isInstance).hasSize(1);
    assertThat(first.ledger().policyEpoch().orElseThrow().epoch()).isEqualTo(before + 1);
    first.policies().align();
    second.policies().align();
    assertThat(second.policy().digest()).isEqualTo(first.policy().digest());
  }

  /** Last, for it leaves the nodes frozen. */
  @Test
  @Order(Integer.MAX_VALUE)
  void withdrawnByOneNode_isPushedByTheOther_withTokensThatSayIt() throws Exception {
    IssuanceOutcome issued =
        issue(second, host.answer(challenge(second), Deployment.request(host)));
    RevocationOutcome revoked =
        Deployment.join(
            first.revocations().revoke(Deployment.claims(issued).jti(), RevocationReason.CEASED));
    awaitPushed(second, ((RevocationOutcome.Revoked) revoked).leafIndex());

    GovernanceOrder.Unsigned freeze =
        new GovernanceOrder.Unsigned(
            Deployment.IDENTITY.issuer(),
            GovernanceOrder.Kind.FREEZE,
            Optional.empty(),
            OptionalLong.empty(),
            "Stop.",
            deployment.clock.instant().truncatedTo(ChronoUnit.SECONDS),
            Hash.sha256(new byte[] {1}));
    GovernanceOrders.Outcome frozen =
        Deployment.join(
            second
                .governanceOrders()
                .order(freeze.signed(deployment.approvers.sign(0, freeze.signingInput()))));
    long leaf = ((GovernanceOrders.Outcome.Taken) frozen).leafIndex();
    awaitPushed(first, leaf);
    first.chores().run();
    assertThat(first.modes().now()).isEqualTo(Governance.Mode.FROZEN);
  }

  /** Without anything else that this node does: its stream looks by itself. */
  private static void awaitPushed(WritService node, long leaf) throws InterruptedException {
    for (int i = 0;
        i < 2_000
            && (node.revocationStream().event(leaf).isEmpty()
                || !node.statusTokens().allKnow(leaf));
        i++) {
      Thread.sleep(10);
    }
    assertThat(node.revocationStream().event(leaf).orElseThrow().getKey()).isEqualTo(leaf);
    assertThat(node.statusTokens().allKnow(leaf)).isTrue();
  }
}
