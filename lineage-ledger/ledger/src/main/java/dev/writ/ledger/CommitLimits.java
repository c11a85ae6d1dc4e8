// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.time.Duration;

/**
 * How much waits for the ledger, and for how long.
 *
 * @param inFlight most entries that the ledger has in its memory: those that wait for their answer, and
 *     those answered at their deadline that a disk or a key which hangs has not let go yet; one more is
 *     {@link CommitOutcome.Unavailable} at once
 * @param batch most entries of one transaction
 * @param patience how long an entry waits before it is {@link CommitOutcome.Unavailable}, and how long a
 *     head may wait for its signature before no more are committed
 */
public record CommitLimits(int inFlight, int batch, Duration patience) {
  /** 32,768 entries in flight, 2,048 to a transaction, 5 s. */
  public static final CommitLimits DEFAULT =
      new CommitLimits(1 << 15, 1 << 11, Duration.ofSeconds(5));

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is not positive
   */
  public CommitLimits {
    if (inFlight < 1 || batch < 1 || patience.isNegative() || patience.isZero()) {
      throw new IllegalArgumentException(
          "limits must be positive, were " + inFlight + ", " + batch + ", " + patience);
    }
  }
}
