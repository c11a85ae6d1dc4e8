// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceOrder.Kind;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.GovernanceChange;
import dev.writ.ledger.GovernanceMode;
import dev.writ.ledger.StateChange;
import dev.writ.service.Replayed.Standing;
import dev.writ.tlog.Hash;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What is believed of a break-glass, and of a clock: nothing but what signatures and leaves prove. */
class BreakglassProofTest extends GovernedService {
  /** Whoever can write the database has no grant. */
  @Test
  void changedRowOfABreakglass_isNotBelieved_andNamedByReplay() throws Exception {
    long begun = taken(use(grant(), NO_FREEZE));
    assertThat(restore()).isInstanceOf(IssuanceOutcome.Issued.class);
    long allowed = deployment.leaves() - 1;
    assertThat(ReplayedStore.of(deployment).replay(allowed).standing()).isEqualTo(Standing.SAME);

    try (Connection store = deployment.store();
        PreparedStatement later =
            store.prepareStatement(
                "UPDATE governance_mode SET ends = ends + 3600000 WHERE begun_by = ?")) {
      later.setLong(1, begun);
      assertThat(later.executeUpdate()).isEqualTo(1);
    }
    deployment.clock.advance(TTL);

    assertDeniedBy("calm", restore());
    assertThat(deployment.service().modes().now())
        .isEqualTo(dev.writ.policy.Governance.Mode.NORMAL);
    deployment.restart();
    assertDeniedBy("calm", restore());
    Replayed replayed = ReplayedStore.of(deployment).replay(allowed);
    assertThat(replayed.standing()).isEqualTo(Standing.CONTRADICTS);
    assertThat(ReplayedStore.notSame(replayed))
        .anyMatch(line -> line.contains("break-glass of leaf " + begun));
  }

  /** Whoever is logged in as the service, and can have leaves signed, has no grant either. */
  @Test
  void leafOfAGrantThatTooFewSigned_beginsNothing_andIsNamedByReplay() throws Exception {
    Instant from = now();
    BreakglassGrant unsigned = unsigned(Deployment.IDENTITY.issuer(), from, Duration.ofDays(30));
    BreakglassGrant byOne = signed(unsigned, deployment.approvers, 0);
    GovernanceOrder use =
        signed(
            order(Kind.USE, Optional.of(unsigned.digest()), NO_FREEZE, from),
            deployment.operators,
            0);
    put(new GovernanceStep.Begun(byOne, use, from.plus(TTL), from.plus(REVIEW)));

    assertDeniedBy("calm", restore());
    assertThat(ReplayedStore.of(deployment).replay(deployment.leaves() - 1).standing())
        .isEqualTo(Standing.CONTRADICTS);

    BreakglassGrant good = grant();
    GovernanceOrder second =
        signed(
            order(Kind.USE, Optional.of(good.digest()), NO_FREEZE, from), deployment.operators, 0);
    put(new GovernanceStep.Begun(good, second, from.plus(TTL).plusSeconds(1), from.plus(REVIEW)));
    assertDeniedBy("calm", restore());

    BreakglassGrant third = grant();
    GovernanceOrder its =
        signed(
            order(Kind.USE, Optional.of(third.digest()), NO_FREEZE, from), deployment.operators, 0);
    put(new GovernanceStep.Begun(third, its, from.plus(TTL), from.plus(REVIEW)));
    assertThat(restore()).isInstanceOf(IssuanceOutcome.Issued.class);
  }

  /** As another node would commit it, which judged nothing. */
  private void put(GovernanceStep.Begun step) {
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(deployment.clock.millis()),
            UuidV7.next(deployment.clock, random),
            List.of(deployment.service().policy().leaf()),
            step);
    GovernanceOrder order = step.order();
    StateChange change =
        new StateChange.ChangeGovernance(
            new GovernanceChange.Begin(
                step.grant().digest(),
                order.signer(),
                order.overFreeze(),
                step.ends(),
                step.reviewBy()));
    assertThat(Deployment.join(deployment.service().ledger().commit(Entry.of(leaf, change))))
        .isInstanceOf(CommitOutcome.Receipt.class);
  }

  @Test
  void clockSetBack_letsNothingBeginOrEnd_andAFreezeIsTakenAllTheSame() throws Exception {
    BreakglassGrant first = grant();
    BreakglassGrant second = grant();
    taken(use(first, NO_FREEZE));
    deployment.clock.advance(Duration.ofHours(1));
    assertDeniedBy("calm", restore());
    deployment.clock.advance(Duration.ofHours(-1));

    Optional<Hash> named = Optional.of(first.digest());
    assertDenied(use(second, NO_FREEZE), "clock_set_back");
    assertDenied(ordered(Kind.END, named, deployment.operators, 0), "clock_set_back");
    assertDenied(ordered(Kind.REVIEW, named, deployment.approvers, 1), "clock_set_back");
    GovernanceOrder.Unsigned byTheRightTime =
        order(Kind.FREEZE, Optional.empty(), NO_FREEZE, now().plus(Duration.ofHours(1)));
    taken(Deployment.join(orders().order(signed(byTheRightTime, deployment.operators, 0))));
  }

  /** A leaf says it, and who has it signed once more puts it behind any freeze. */
  @Test
  void useOfAGrant_behindAFreezeThatItDoesNotName_beginsNothing() throws Exception {
    BreakglassGrant grant = grant();
    long begun = taken(use(grant, NO_FREEZE));
    Leaf leaf = deployment.service().ledger().leaf(begun).orElseThrow();
    GovernanceStep.Begun step = (GovernanceStep.Begun) leaf.body();
    PolicyInForce policy = deployment.service().policies().inForce();
    GovernanceMode.Breakglass row =
        new GovernanceMode.Breakglass(grant.digest(), begun, step.ends());
    assertThat(whyNotBegun(new GovernanceMode(begun, NO_FREEZE, Optional.of(row)), leaf, policy))
        .isEmpty();
    assertThat(
            whyNotBegun(
                new GovernanceMode(begun, OptionalLong.of(begun - 1), Optional.of(row)),
                leaf,
                policy))
        .hasValueSatisfying(
            why -> assertThat(why).contains("over the freeze of leaf " + (begun - 1)));
  }

  private Optional<String> whyNotBegun(GovernanceMode state, Leaf leaf, PolicyInForce policy) {
    return OrderJudgement.whyNotBegun(
        state, leaf, policy.leaf(), policy.document().breakglass(), deployment.trust().content());
  }

  /** On another node, between the look at the signatures and the commit. */
  @Test
  void approversWhoAreReplacedMeanwhile_openNothing_andAreAskedAgain() throws Exception {
    BreakglassGrant grant = grant();
    OperatorKeys others = new OperatorKeys(1, 1);
    deployment.random.beforeNextBytes(() -> OtherApprovers.publish(deployment, others));

    assertDenied(use(grant, NO_FREEZE), "state_changed");
    deployment.service().chores().run();

    assertDenied(use(grant, NO_FREEZE), "breakglass_approvals_missing");
    assertDeniedBy("calm", restore());
  }
}
