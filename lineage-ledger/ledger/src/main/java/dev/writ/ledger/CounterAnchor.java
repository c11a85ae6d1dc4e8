// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.time.Duration;

/**
 * A counter by which a store that was put back is noticed.
 *
 * @param every how often it is raised at most, while the tree grows; what was put back to a copy of this
 *     last while goes unseen
 */
public record CounterAnchor(RollbackCounter counter, Duration every) {
  /** Checks the time. */
  public CounterAnchor {
    if (every.isNegative() || every.isZero()) {
      throw new IllegalArgumentException("a counter must be raised now and then, was " + every);
    }
  }
}
