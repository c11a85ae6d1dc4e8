// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceOrder.Kind;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.OperationKind;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustReference;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Fsck;
import dev.writ.ledger.GovernanceChange;
import dev.writ.ledger.GovernanceMode;
import dev.writ.ledger.StateChange;
import dev.writ.ledger.StoredLedger;
import dev.writ.service.Replayed.Standing;
import dev.writ.tlog.Hash;
import dev.writ.tlog.TreeAudit;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;
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
  void leafOfAGrantThatTooFewSigned_beginsNothing_isNamedByReplay_andNobodyWhoDecidedAfterIt()
      throws Exception {
    Instant from = now();
    BreakglassGrant unsigned = unsigned(Deployment.IDENTITY.issuer(), from, Duration.ofDays(30));
    long forged =
        put(
            new GovernanceStep.Begun(
                signed(unsigned, deployment.approvers, 0),
                use(unsigned, from),
                from.plus(TTL),
                from.plus(REVIEW)));
    try (Heard heard = new Heard()) {
      assertDeniedBy("calm", restore());
      for (int second = 0; second < 3; second++) {
        deployment.service().chores().run();
      }
      assertThat(heard.of("breakglass_not_believed")).as("judged once").hasSize(1);
    }
    assertThat(deployment.attest(host)).isInstanceOf(IssuanceOutcome.Issued.class);
    assertOnlyContradicts(forged);

    BreakglassGrant good = grant();
    long tooLong =
        put(
            new GovernanceStep.Begun(
                good, use(good, from), from.plus(TTL).plusSeconds(1), from.plus(REVIEW)));
    assertDeniedBy("calm", restore());

    BreakglassGrant third = grant();
    put(new GovernanceStep.Begun(third, use(third, from), from.plus(TTL), from.plus(REVIEW)));
    assertThat(restore()).isInstanceOf(IssuanceOutcome.Issued.class);
    assertOnlyContradicts(forged, tooLong);
    assertThat(faults()).isEmpty();
  }

  private GovernanceOrder use(BreakglassGrant grant, Instant given) {
    return signed(
        order(Kind.USE, Optional.of(grant.digest()), NO_FREEZE, given), deployment.operators, 0);
  }

  private void assertOnlyContradicts(long... leaves) throws Exception {
    List<Long> named = new ArrayList<>();
    try (StoredLedger ledger = ReplayedStore.of(deployment).open()) {
      Replay replay = ReplayedStore.of(deployment).replay(ledger);
      for (long index = 0; index < ledger.size(); index++) {
        Optional<Replayed> replayed =
            replay.on(ledger.leaf(index).orElseThrow(), ledger.payload(index));
        if (replayed.isPresent() && replayed.get().standing() != Standing.SAME) {
          assertThat(replayed.get().standing()).isEqualTo(Standing.CONTRADICTS);
          assertThat(ReplayedStore.notSame(replayed.get()))
              .singleElement()
              .asString()
              .contains("break-glass of leaf " + index);
          named.add(index);
        }
      }
    }
    assertThat(named).containsExactlyElementsOf(LongStream.of(leaves).boxed().toList());
  }

  private List<TreeAudit.Fault> faults() throws Exception {
    deployment.service().close();
    List<TreeAudit.Fault> faults = new ArrayList<>();
    try (Fsck fsck = Fsck.sqlite(deployment.ledgerFolder)) {
      var unused = fsck.run(faults::add, leaves -> {});
    }
    return faults;
  }

  /** Who decided under what is none is named for it: here by who believes in other operators. */
  @Test
  void allow_thatComesFromALeafThatBeginsNothing_isNamed() throws Exception {
    BreakglassGrant grant = grant();
    GovernanceOrder byOperator1 =
        signed(
            order(Kind.USE, Optional.of(grant.digest()), NO_FREEZE, now()),
            deployment.operators,
            1);
    long begun = taken(Deployment.join(orders().use(grant, byOperator1)));
    assertThat(restore()).isInstanceOf(IssuanceOutcome.Issued.class);
    long allowed = deployment.leaves() - 1;
    TrustContent c = deployment.trust().content();
    KeyQuorum withoutOperator1 =
        new KeyQuorum(2, List.of(c.operators().keys().get(0), c.operators().keys().get(2)));
    TrustFile others =
        TrustFile.of(operatedBy(withoutOperator1, c.version(), c.previous()), List.of());

    Replayed replayed = ReplayedStore.of(deployment).believing(others).replay(allowed);

    assertThat(replayed.standing()).isEqualTo(Standing.CONTRADICTS);
    assertThat(ReplayedStore.notSame(replayed))
        .anyMatch(line -> line.contains("break-glass of leaf " + begun));
  }

  private TrustContent operatedBy(KeyQuorum operators, long version, Optional<Hash> previous) {
    TrustContent c = deployment.trust().content();
    return new TrustContent(
        c.issuer(),
        version,
        previous,
        c.assurance(),
        c.keys(),
        c.logPolicy(),
        c.status(),
        c.skew(),
        c.tls(),
        c.policyApprovers(),
        c.gateways(),
        operators);
  }

  /** Who has the database and that login takes the use out of the state; the log has it. */
  @Test
  void grant_thatBeganBefore_beginsNothingOnceMore_andItsSecondLeafIsNamed() throws Exception {
    BreakglassGrant grant = grant();
    GovernanceOrder order = use(grant, now());
    long begun = taken(Deployment.join(orders().use(grant, order)));
    assertThat(restore()).isInstanceOf(IssuanceOutcome.Issued.class);
    taken(ordered(Kind.END, Optional.of(grant.digest()), deployment.operators, 1));
    GovernanceStep.Begun step =
        (GovernanceStep.Begun) deployment.service().ledger().leaf(begun).orElseThrow().body();

    forgetUses();
    long again = put(step);

    assertDeniedBy("calm", restore());
    deployment.restart();
    assertDeniedBy("calm", restore());
    assertOnlyContradicts(again);

    deployment.clock.advance(Duration.ofMinutes(12));
    forgetUses();
    Instant later = now();
    long byAnAccomplice =
        put(
            new GovernanceStep.Begun(
                grant, use(grant, later), later.plus(TTL), later.plus(REVIEW)));
    assertThat(ReplayedStore.of(deployment).replay(byAnAccomplice).standing())
        .as("with an operator's key, too: found afterwards")
        .isEqualTo(Standing.CONTRADICTS);
  }

  private void forgetUses() throws Exception {
    try (Connection store = deployment.store();
        PreparedStatement forget = store.prepareStatement("DELETE FROM breakglass")) {
      assertThat(forget.executeUpdate()).isEqualTo(1);
    }
  }

  /** As another node does it, of which this one has not heard. */
  @Test
  void trustFile_publishedJustBeforeABreakglass_isReadBeforeThatIsJudged() throws Exception {
    OperatorKeys others = new OperatorKeys(2, 2);
    long version = deployment.trust().content().version() + 1;
    TrustContent next =
        operatedBy(others.quorum(), version, Optional.of(deployment.trust().digest()));
    TrustFile file = deployment.operators.signed(TrustFile.of(next, List.of()), 0, 1, 2);
    deployment.change(
        new OperationStep.Ended(
            OperationKind.PUBLISH_TRUST,
            nonce(),
            OperationStep.End.EXECUTED,
            Optional.of(TrustReference.of(file))),
        new StateChange.PublishTrust(version, file.toJson()));
    BreakglassGrant grant = grant();
    Instant from = now();
    GovernanceOrder byOneOfTheNew =
        signed(order(Kind.USE, Optional.of(grant.digest()), NO_FREEZE, from), others, 0);
    put(new GovernanceStep.Begun(grant, byOneOfTheNew, from.plus(TTL), from.plus(REVIEW)));
    try (Heard heard = new Heard()) {
      assertThat(restore()).isInstanceOf(IssuanceOutcome.Issued.class);
      assertThat(heard.of("breakglass_not_believed")).isEmpty();
    }
  }

  /** As another node would commit it, which judged nothing. */
  @CanIgnoreReturnValue
  private long put(GovernanceStep.Begun step) {
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
    CommitOutcome outcome =
        Deployment.join(deployment.service().ledger().commit(Entry.of(leaf, change)));
    assertThat(outcome).isInstanceOf(CommitOutcome.Receipt.class);
    return ((CommitOutcome.Receipt) outcome).index();
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
