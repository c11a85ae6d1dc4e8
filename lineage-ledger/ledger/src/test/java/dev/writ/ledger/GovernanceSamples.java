// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.GovernanceOrder;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.OperatorSignature;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Leaves and changes of break-glass and freezes; who signed them is not the ledger's to ask. */
final class GovernanceSamples {
  static final Hash ALICE = Samples.digest("alice");
  static final Hash BOB = Samples.digest("bob");

  private GovernanceSamples() {}

  static BreakglassGrant grant() {
    return new BreakglassGrant(
        "https://writ.example",
        Samples.nonce(),
        "For an emergency.",
        Duration.ofMinutes(10),
        Samples.NOW,
        Samples.NOW.plus(Duration.ofDays(1)),
        List.of(new OperatorSignature(BOB, new byte[64])));
  }

  static GovernanceOrder order(
      GovernanceOrder.Kind kind, Optional<Hash> grant, OptionalLong overFreeze, Hash by) {
    return new GovernanceOrder(
        "https://writ.example",
        kind,
        grant,
        overFreeze,
        "It is needed.",
        Samples.NOW,
        Samples.nonce(),
        new OperatorSignature(by, new byte[64]));
  }

  static GovernanceStep.Begun begun(
      BreakglassGrant grant, OptionalLong overFreeze, Instant ends, Instant reviewBy) {
    return new GovernanceStep.Begun(
        grant,
        order(GovernanceOrder.Kind.USE, Optional.of(grant.digest()), overFreeze, ALICE),
        ends,
        reviewBy);
  }

  static GovernanceStep.Ordered ordered(GovernanceOrder.Kind kind, Optional<Hash> grant, Hash by) {
    return GovernanceStep.Ordered.of(order(kind, grant, OptionalLong.empty(), by));
  }

  static StateChange change(GovernanceChange change) {
    return new StateChange.ChangeGovernance(change);
  }

  /** What a leaf of this body changes. */
  static StateChange change(GovernanceStep step) {
    Hash digest = step.order().digest();
    if (step instanceof GovernanceStep.Begun begun) {
      return change(
          new GovernanceChange.Begin(
              begun.grant().digest(),
              begun.order().signer(),
              begun.order().overFreeze(),
              begun.ends(),
              begun.reviewBy()));
    }
    GovernanceStep.Ordered ordered = (GovernanceStep.Ordered) step;
    return change(
        switch (ordered.order().kind()) {
          case FREEZE -> new GovernanceChange.Freeze(digest);
          case END -> new GovernanceChange.End(ordered.grant(), digest);
          case REVIEW -> new GovernanceChange.Review(ordered.grant(), ordered.order().signer());
          case USE -> throw new AssertionError("a use stands beside its grant");
        });
  }
}
