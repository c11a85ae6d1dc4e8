// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.Leaf;
import dev.writ.ledger.GovernanceMode;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.ledger.RecordedLog;
import dev.writ.service.RecordedGrounds.TrustThen;
import dev.writ.tlog.Hash;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The modes in which decisions were made, as a store has them. A break-glass is judged again from its leaf, as
 * each node judged it: one that does not hold was none, and whoever decided after it decided without it. Safe
 * for use by any number of threads.
 */
final class RecordedModes {
  private static final int MOST_BEGUN = 64;

  private final RecordedLog ledger;
  private final RecordedGrounds grounds;
  private final Recent<Asked, Judged> judged = new Recent<>(MOST_BEGUN);
  private volatile Optional<List<GovernanceMode>> modes = Optional.empty();

  /**
   * What a break-glass is judged by.
   *
   * @param freeze what was in force as it began
   */
  private record Asked(GovernanceMode.Breakglass row, OptionalLong freeze) {}

  /**
   * What became of it.
   *
   * @param whyNot why it is none; empty where it is one
   */
  private record Judged(Hash leaf, Optional<String> whyNot) {}

  /**
   * The mode of a decision.
   *
   * @param notBegun the break-glass that the state has and that is none
   */
  record ModeThen(ModeInForce mode, Optional<NotBegun> notBegun) {}

  /** A leaf that says that a break-glass began, and does not begin one. */
  record NotBegun(long index, Hash leaf, String why) {
    ContradictionException contradiction() {
      return new ContradictionException(member(index), "one that was begun", "none: " + why);
    }
  }

  RecordedModes(RecordedLog ledger, RecordedGrounds grounds) {
    this.ledger = ledger;
    this.grounds = grounds;
  }

  private static String member(long begunBy) {
    return "break-glass of leaf " + begunBy;
  }

  /** The mode in which a decision was made whose leaf is at {@code index}. */
  ModeThen before(long index) throws LedgerException, ContradictionException {
    GovernanceMode state = stateBefore(index);
    if (state.frozenBy().isPresent()) {
      requireFreeze(state.frozenBy().getAsLong());
    }
    if (state.breakglass().isEmpty()) {
      return new ModeThen(new ModeInForce(state, Optional.empty()), Optional.empty());
    }
    GovernanceMode.Breakglass row = state.breakglass().get();
    Judged begun = judge(state, row);
    return begun.whyNot().isEmpty()
        ? new ModeThen(new ModeInForce(state, Optional.of(begun.leaf())), Optional.empty())
        : new ModeThen(
            new ModeInForce(
                new GovernanceMode(state.leafIndex(), state.frozenBy(), Optional.empty()),
                Optional.empty()),
            Optional.of(new NotBegun(row.begunBy(), begun.leaf(), begun.whyNot().get())));
  }

  private GovernanceMode stateBefore(long index) throws LedgerException {
    List<GovernanceMode> all = modes.isPresent() ? modes.get() : ledger.governanceModes();
    modes = Optional.of(all);
    GovernanceMode state = GovernanceMode.NORMAL;
    for (GovernanceMode mode : all) {
      if (mode.leafIndex() >= index) {
        break;
      }
      state = mode;
    }
    return state;
  }

  /** Whether it could be told who signed what is in a mode. */
  boolean isJudged(ModeInForce mode) {
    return mode.state()
        .breakglass()
        .map(row -> grounds.trustAt(row.begunBy()).isKnown())
        .orElse(true);
  }

  /** What is wrong with the leaf at {@code index}, if it says that a break-glass began. */
  Optional<NotBegun> notBegun(long index, Leaf leaf)
      throws LedgerException, ContradictionException {
    if (!(leaf.body() instanceof GovernanceStep.Begun step)) {
      return Optional.empty();
    }
    GovernanceMode.Breakglass row =
        new GovernanceMode.Breakglass(step.grant().digest(), index, step.ends());
    GovernanceMode state =
        new GovernanceMode(index, stateBefore(index).frozenBy(), Optional.of(row));
    return judge(state, row).whyNot().map(why -> new NotBegun(index, leaf.hash(), why));
  }

  private void requireFreeze(long index) throws LedgerException, ContradictionException {
    if (!(grounds.provenLeaf(index).body() instanceof GovernanceStep.Ordered step)
        || step.order().kind() != GovernanceOrder.Kind.FREEZE) {
      throw new ContradictionException("leaf " + index, "the freeze of governance_mode", "none");
    }
  }

  private Judged judge(GovernanceMode state, GovernanceMode.Breakglass row)
      throws LedgerException, ContradictionException {
    OptionalLong freeze =
        state.frozenBy().isPresent() && state.frozenBy().getAsLong() < row.begunBy()
            ? state.frozenBy()
            : OptionalLong.empty();
    Asked asked = new Asked(row, freeze);
    Optional<Judged> known = judged.get(asked);
    if (known.isPresent()) {
      return known.get();
    }
    Leaf leaf = grounds.provenLeaf(row.begunBy());
    // The row is the store's to say: where it and the leaf disagree, the store was changed.
    Optional<String> changed = OrderJudgement.contradiction(row, leaf);
    if (changed.isPresent()) {
      throw new ContradictionException(
          member(row.begunBy()), "one that was begun", "none: " + changed.get());
    }
    Judged now = new Judged(leaf.hash(), whyNotBegun(state, row, leaf));
    judged.put(asked, now);
    return now;
  }

  private Optional<String> whyNotBegun(
      GovernanceMode state, GovernanceMode.Breakglass row, Leaf leaf)
      throws LedgerException, ContradictionException {
    GovernanceStep.Begun step = (GovernanceStep.Begun) leaf.body();
    Optional<String> used =
        OrderJudgement.usedBefore(ledger, row.begunBy(), step, step.grant().notBefore());
    TrustThen then = grounds.trustAt(row.begunBy());
    if (used.isPresent() || !then.isKnown()) {
      return used;
    }
    Optional<PolicyEpoch> epoch = KeptPolicies.before(ledger, row.begunBy());
    if (epoch.isEmpty()) {
      return Optional.of("there was no policy before it");
    }
    PolicyInForce policy = grounds.policy(epoch.get().epoch(), epoch.get().policyDigest());
    return OrderJudgement.whyNotBegun(
        state, leaf, policy.leaf(), policy.document().breakglass(), then.content());
  }
}
