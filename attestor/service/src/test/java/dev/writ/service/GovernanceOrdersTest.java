// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.Governance;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceOrder.Kind;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.Verdict;
import dev.writ.ledger.GovernanceChange;
import dev.writ.ledger.StateChange;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.PolicyRevision;
import dev.writ.service.Replayed.Standing;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Break-glass and freezes. */
class GovernanceOrdersTest extends GovernedService {
  @Test
  void grantOfTwoApprovers_isUsedByOnePersonsWord_andWhatItAllowsEndsWithIt() throws Exception {
    assertDeniedBy("calm", restore());
    deployment.clock.advance(Duration.ofMillis(300));
    BreakglassGrant grant = grant();

    long begun = taken(use(grant, NO_FREEZE));

    Instant ends = now().plus(TTL);
    Leaf leaf = deployment.service().ledger().leaf(begun).orElseThrow();
    assertThat(leaf.body())
        .isInstanceOfSatisfying(
            GovernanceStep.Begun.class,
            step -> {
              assertThat(step.grant()).as("the whole of it").isEqualTo(grant);
              assertThat(step.ends())
                  .as("the policy's ten minutes, not its two hours")
                  .isEqualTo(ends);
              assertThat(step.reviewBy()).isEqualTo(now().plus(REVIEW));
              assertThat(step.order().signer()).isEqualTo(deployment.operators.kid(0));
            });
    assertThat(policyFinding()).contains("BREAK-GLASS by leaf " + begun, ends.toString());
    deployment.restart();
    deployment.clock.advance(TTL.minusSeconds(100));
    IssuanceOutcome outcome = restore();
    ArtifactClaims claims = Deployment.claims(outcome);
    assertThat(claims.exp()).as("not after five minutes").isEqualTo(ends);
    assertThat(claims.gov().mode()).isEqualTo(Governance.Mode.DEV);
    assertThat(claims.gov().approvals()).containsExactly("breakglass:" + grant.digest().hex());
    assertThat(deployment.lastLeaf().parents()).contains(leaf.hash());
    assertThat(deployment.verdict(Deployment.bundle(outcome), new SeenInMemory()))
        .isInstanceOf(Verdict.Allowed.class);
    long allowed = deployment.leaves() - 1;

    deployment.clock.advance(Duration.ofSeconds(100));
    assertDeniedBy("calm", restore());
    ArtifactClaims after = Deployment.claims(deployment.attest(host));
    assertThat(after.gov().approvals()).isEmpty();
    assertThat(Duration.between(after.iat(), after.exp())).isEqualTo(Duration.ofMinutes(5));
    ReplayedStore store = ReplayedStore.of(deployment);
    for (long index : List.of(allowed, allowed + 1, allowed + 2)) {
      assertThat(store.replay(index).standing()).as("leaf " + index).isEqualTo(Standing.SAME);
    }
  }

  @Test
  void whatMayNotBreakTheGlass_isRefusedForItsReason_andChangesNothing() throws Exception {
    String issuer = Deployment.IDENTITY.issuer();
    Duration month = Duration.ofDays(30);
    BreakglassGrant good = grant();
    Map<String, BreakglassGrant> grants = new LinkedHashMap<>();
    grants.put(
        "breakglass_approvals_missing",
        signed(unsigned(issuer, now(), month), deployment.approvers, 0));
    grants.put(
        "breakglass_approvals_missing ",
        signed(
            signed(unsigned(issuer, now(), month), deployment.approvers, 0),
            deployment.operators,
            1));
    grants.put(
        "breakglass_approvals_missing  ",
        signed(unsigned(issuer, now(), month), new OperatorKeys(2, 2), 0, 1));
    grants.put(
        "breakglass_approvals_missing   ",
        new BreakglassGrant(
            issuer,
            good.nonce(),
            "Another.",
            good.ttl(),
            good.notBefore(),
            good.notAfter(),
            good.signatures()));
    grants.put(
        "order_elsewhere",
        signed(unsigned("https://other.example", now(), month), deployment.approvers, 0, 1));
    grants.put(
        "breakglass_not_yet",
        signed(unsigned(issuer, now().plusSeconds(1), month), deployment.approvers, 0, 1));
    grants.put(
        "breakglass_expired",
        signed(
            unsigned(issuer, now().minusSeconds(9), Duration.ofSeconds(9)),
            deployment.approvers,
            0,
            1));
    long leaves = deployment.leaves();
    for (Map.Entry<String, BreakglassGrant> each : grants.entrySet()) {
      assertDenied(use(each.getValue(), NO_FREEZE), each.getKey());
    }
    Optional<Hash> named = Optional.of(good.digest());
    Map<String, GovernanceOrder> uses = new LinkedHashMap<>();
    uses.put(
        "order_signature",
        signed(order(Kind.USE, named, NO_FREEZE, now()), new OperatorKeys(1, 1), 0));
    uses.put(
        "order_signature ",
        order(Kind.USE, named, NO_FREEZE, now()).signed(deployment.operators.sign(0, new byte[1])));
    uses.put(
        "order_old",
        signed(
            order(Kind.USE, named, NO_FREEZE, now().minusSeconds(601)), deployment.operators, 0));
    uses.put(
        "order_ahead",
        signed(order(Kind.USE, named, NO_FREEZE, now().plusSeconds(600)), deployment.operators, 0));
    uses.put(
        "breakglass_over_freeze",
        signed(order(Kind.USE, named, OptionalLong.of(3), now()), deployment.operators, 0));
    uses.put(
        "breakglass_other_grant",
        signed(order(Kind.USE, Optional.of(nonce()), NO_FREEZE, now()), deployment.operators, 0));
    uses.put(
        "breakglass_other_grant ",
        signed(order(Kind.END, named, NO_FREEZE, now()), deployment.operators, 0));
    for (Map.Entry<String, GovernanceOrder> each : uses.entrySet()) {
      assertDenied(Deployment.join(orders().use(good, each.getValue())), each.getKey());
    }
    assertThat(deployment.leaves()).isEqualTo(leaves);
    assertDeniedBy("calm", restore());

    taken(use(good, NO_FREEZE));
    assertDenied(use(good, NO_FREEZE), "breakglass_used");
    assertThat(deployment.publish(deployment.approved(withoutBreakglass())))
        .isInstanceOf(PolicyPublications.Outcome.Published.class);
    assertDenied(use(grant(), NO_FREEZE), "breakglass_not_provided");
  }

  private PolicyDocument withoutBreakglass() throws Exception {
    String json =
        new String(deployment.nextPolicy(unchanged -> {}).canonical(), StandardCharsets.UTF_8);
    return PolicyDocument.parse(
        json.replaceFirst("\"breakglass\":\\{[^{}]*},", "").getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void review_isDueByAnotherApprover_andWhereItIsOverdueNoOtherBegins() throws Exception {
    BreakglassGrant grant = grant();
    Optional<Hash> named = Optional.of(grant.digest());
    BreakglassGrant second = grant();
    GovernanceOrder byApprover =
        signed(order(Kind.USE, named, NO_FREEZE, now()), deployment.approvers, 2);
    taken(Deployment.join(orders().use(grant, byApprover)));
    assertDenied(ordered(Kind.REVIEW, named, deployment.approvers, 0), "breakglass_not_over");
    taken(ordered(Kind.END, named, deployment.operators, 1));
    assertDeniedBy("calm", restore());
    assertDenied(ordered(Kind.END, named, deployment.operators, 1), "breakglass_over");
    deployment.clock.advance(REVIEW);

    assertThat(deployment.service().modes().isReviewOverdue()).isTrue();
    assertThat(policyFinding()).contains("OVERDUE");
    assertDenied(use(second, NO_FREEZE), "breakglass_review_overdue");
    assertDenied(ordered(Kind.REVIEW, named, deployment.operators, 1), "reviewer_unknown");
    assertDenied(ordered(Kind.REVIEW, named, deployment.approvers, 2), "reviewer_is_user");
    assertDenied(
        ordered(Kind.REVIEW, Optional.of(nonce()), deployment.approvers, 0), "breakglass_unknown");
    taken(ordered(Kind.REVIEW, named, deployment.approvers, 0));
    assertDenied(ordered(Kind.REVIEW, named, deployment.approvers, 1), "breakglass_reviewed");

    assertThat(deployment.service().modes().isReviewOverdue()).isFalse();
    taken(use(second, NO_FREEZE));
    assertThat(restore()).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  private DualControl.Outcome proposed(ChangeRequest request) {
    return Deployment.join(
        deployment
            .service()
            .dualControl()
            .propose(request, Duration.ofHours(1), Optional.of(deployment.operators.kid(0))));
  }

  private DualControl.Outcome approve(int operator, Proposal proposal) {
    return Deployment.join(
        deployment
            .service()
            .dualControl()
            .approve(deployment.operators.approval(operator, proposal)));
  }

  private void unfreeze() {
    DualControl.Outcome drafted = proposed(new ChangeRequest.Unfreeze());
    assertThat(drafted).isInstanceOf(DualControl.Outcome.Drafted.class);
    Proposal proposal = ((DualControl.Outcome.Drafted) drafted).proposal();
    assertThat(approve(0, proposal)).isInstanceOf(DualControl.Outcome.Open.class);
    assertThat(approve(1, proposal))
        .isInstanceOfSatisfying(
            DualControl.Outcome.Approved.class,
            approved -> assertThat(approved.state()).as("one of two").isEqualTo("open"));
    assertThat(deployment.service().modes().now())
        .isEqualTo(dev.writ.policy.Governance.Mode.FROZEN);
    assertThat(approve(2, proposal))
        .isInstanceOfSatisfying(
            DualControl.Outcome.Approved.class,
            approved -> assertThat(approved.state()).isEqualTo("executed"));
  }

  /** As another node does, whose gateways must hear of what is revoked with a break-glass. */
  @Test
  void modeOfAnotherNode_isTakenOver_andToldOnceToWhoMakesTokens() throws Exception {
    WritService service = deployment.service();
    Modes other =
        Modes.open(service.ledger(), service.trustFiles(), deployment.clock, new Telemetry());
    AtomicInteger moved = new AtomicInteger();
    other.whenMoved(moved::incrementAndGet);
    other.align();
    assertThat(moved).hasValue(0);

    long freeze = taken(ordered(Kind.FREEZE, Optional.empty(), deployment.operators, 2));
    other.align();
    other.align();

    assertThat(other.inForce().state().frozenBy()).hasValue(freeze);
    assertThat(moved).hasValue(1);
  }

  /** The ways back: neither a freeze nor a policy that denies everything has a say in them. */
  @Test
  void freeze_isOnePersonsWord_leavesTheWaysBackOpen_andIsLiftedByOperatorsTogether()
      throws Exception {
    ArtifactClaims before = Deployment.claims(deployment.attest(host));
    assertThat(proposed(new ChangeRequest.Unfreeze()))
        .isInstanceOfSatisfying(
            DualControl.Outcome.Denied.class,
            denied -> assertThat(denied.denial().reason()).isEqualTo("not_frozen"));

    long freeze = taken(ordered(Kind.FREEZE, Optional.empty(), deployment.operators, 2));

    assertDeniedBy("frozen", deployment.attest(host));
    assertDenied(ordered(Kind.FREEZE, Optional.empty(), deployment.approvers, 0), "already_frozen");
    assertThat(policyFinding()).contains("FROZEN by leaf " + freeze);
    assertThat(
            Deployment.join(
                deployment
                    .service()
                    .revocations()
                    .revoke(before.jti(), RevocationReason.POLICY_CHANGED)))
        .isInstanceOf(RevocationOutcome.Revoked.class);
    DualControl.Outcome rotation =
        proposed(new ChangeRequest.Rotate(KeyRole.STATUS, Duration.ofMinutes(10)));
    Proposal rotated = ((DualControl.Outcome.Drafted) rotation).proposal();
    for (int operator : List.of(0, 1, 2)) {
      assertThat(approve(operator, rotated)).isNotInstanceOf(DualControl.Outcome.Denied.class);
    }
    assertThat(deployment.publish(deployment.approved(longer(Duration.ofMinutes(4)))))
        .isInstanceOf(PolicyPublications.Outcome.Published.class);
    assertDeniedBy("frozen", deployment.attest(host));

    unfreeze();

    ArtifactClaims after = Deployment.claims(deployment.attest(host));
    assertThat(Duration.between(after.iat(), after.exp())).isEqualTo(Duration.ofMinutes(4));
  }

  private PolicyDocument longer(Duration lifetime) throws Exception {
    PolicyRevision next = deployment.service().policy().document().revise().nextVersion();
    return next.lifetime(lifetime).build();
  }

  @Test
  void breakglass_overAFreeze_namesIt_andTheFreezeIsThereAgainAfterIt() throws Exception {
    long freeze = taken(ordered(Kind.FREEZE, Optional.empty(), deployment.approvers, 0));
    BreakglassGrant grant = grant();
    assertDenied(use(grant, NO_FREEZE), "breakglass_over_freeze");

    taken(use(grant, OptionalLong.of(freeze)));

    assertThat(restore()).isInstanceOf(IssuanceOutcome.Issued.class);
    deployment.clock.advance(TTL);
    assertDeniedBy("frozen", deployment.attest(host));
  }

  /** Another node's freeze, of which this one has not heard when it decides. */
  @Test
  void decision_underAnEarlierMode_isNotCommitted_andDecidedOnceMore() throws Exception {
    GovernanceOrder.Unsigned order = order(Kind.FREEZE, Optional.empty(), NO_FREEZE, now());
    GovernanceOrder freeze = signed(order, deployment.operators, 0);
    deployment.change(
        GovernanceStep.Ordered.of(freeze),
        new StateChange.ChangeGovernance(new GovernanceChange.Freeze(freeze.digest())));
    assertThat(deployment.service().modes().now())
        .isEqualTo(dev.writ.policy.Governance.Mode.NORMAL);

    assertDeniedBy("frozen", deployment.attest(host));
  }
}
