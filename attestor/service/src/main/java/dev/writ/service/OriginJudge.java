// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.LedgerException;
import java.time.Instant;
import java.util.Optional;

/**
 * Judges by whose word an application comes: its initiator, its parent, the execution that it renews,
 * in that order.
 */
final class OriginJudge {
  private final Initiators initiators;
  private final Parents parents;
  private final Renewals renewals;

  OriginJudge(Initiators initiators, Parents parents, Renewals renewals) {
    this.initiators = initiators;
    this.parents = parents;
    this.renewals = renewals;
  }

  Origins judge(
      Application application, Channel channel, PolicyInForce policy, KnownHost host, Instant now)
      throws LedgerException {
    Initiators.Outcome initiated = initiators.judge(application, channel, now);
    if (initiated instanceof Initiators.Outcome.Denied denied) {
      return Origins.NONE.denied(denied.denial());
    }
    Optional<Initiator> initiator = ((Initiators.Outcome.Known) initiated).initiator();
    Parents.Outcome above = parents.judge(application, policy, initiator, now);
    Origins known = Origins.NONE.by(initiator);
    if (above instanceof Parents.Outcome.Denied denied) {
      return known.denied(denied.denial());
    }
    if (above instanceof Parents.Outcome.Under under) {
      known = known.under(under.parent());
    }
    Renewals.Outcome goesOn = renewals.judge(application, host, initiator, now);
    if (goesOn instanceof Renewals.Outcome.Denied denied) {
      return known.denied(denied.denial());
    }
    return goesOn instanceof Renewals.Outcome.Of of ? known.goingOn(of.renewal()) : known;
  }
}
