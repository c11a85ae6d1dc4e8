// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.util.Optional;
import java.util.OptionalLong;

/** Where a store's count and the counter that it is of stand to one another. */
enum CounterStanding {
  /** They are equal. */
  AT_REST,

  /** The store is one ahead, as it is while the counter is raised: so a crash left it. */
  BETWEEN,

  /** Neither store nor device has one. */
  NONE,

  /** The counter was raised beyond what the store knows. */
  STORE_BEHIND,

  /** The counter is not what it was when the store was written. */
  COUNTER_BEHIND,

  /** The store knows a counter that is not there. */
  COUNTER_GONE,

  /** A counter is there of which the store knows nothing. */
  UNKNOWN_TO_STORE;

  /** Compares what the store says, if it knows the counter, with what that has come to, if it is there. */
  static CounterStanding of(Optional<CounterCounts.Count> stored, OptionalLong counted) {
    if (stored.isEmpty()) {
      return counted.isEmpty() ? NONE : UNKNOWN_TO_STORE;
    }
    if (counted.isEmpty()) {
      return COUNTER_GONE;
    }
    long ahead = stored.get().raisedTo() - counted.getAsLong();
    if (ahead < 0) {
      return STORE_BEHIND;
    }
    return ahead == 0 ? AT_REST : ahead == 1 ? BETWEEN : COUNTER_BEHIND;
  }
}
