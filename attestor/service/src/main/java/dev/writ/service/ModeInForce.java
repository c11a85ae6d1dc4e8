// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.GovernanceMode;
import dev.writ.ledger.Precondition;
import dev.writ.policy.Governance;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.Optional;

/**
 * The mode under which requests are judged, with its place in the ledger.
 *
 * @param state as leaves made it
 * @param begun hash of the leaf that began the break-glass in it; present where there is one
 */
record ModeInForce(GovernanceMode state, Optional<Hash> begun) {
  /** As it is before any leaf changed it. */
  static final ModeInForce NORMAL = new ModeInForce(GovernanceMode.NORMAL, Optional.empty());

  /** What rules see at {@code now}. */
  Governance.Mode at(Instant now) {
    if (running(now).isPresent()) {
      return Governance.Mode.BREAKGLASS;
    }
    return state.isFrozen(now) ? Governance.Mode.FROZEN : Governance.Mode.NORMAL;
  }

  /** The break-glass under which it is decided at {@code now}. */
  Optional<GovernanceMode.Breakglass> running(Instant now) {
    return state.running(now);
  }

  /** The leaf of that, from which what is allowed under it comes. */
  Optional<Hash> parent(Instant now) {
    return running(now).isPresent() ? begun : Optional.empty();
  }

  /** What must hold where something is committed that was decided under this. */
  Precondition.ModeIs unchanged() {
    return new Precondition.ModeIs(state.leafIndex());
  }
}
