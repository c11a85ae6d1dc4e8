// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.time.Duration;

/**
 * How leases are held.
 *
 * @param look how long it is from one look at this host to the next, where the TPM is quick enough
 * @param grace how long what is asked to end may take until it is killed, at most
 */
public record LeasePace(Duration look, Duration grace) {
  /** The longest grace: it is time in which something runs on that was asked to end. */
  public static final Duration LONGEST_GRACE = Duration.ofSeconds(1);

  /** As {@code writ run} does it. */
  public static final LeasePace STANDARD = new LeasePace(Duration.ofSeconds(1), LONGEST_GRACE);

  /**
   * The pace as given.
   *
   * @throws IllegalArgumentException if there is no look in a second, or the grace is longer than {@link
   *     #LONGEST_GRACE}
   */
  public LeasePace {
    if (look.toMillis() < 1 || look.compareTo(Duration.ofSeconds(1)) > 0) {
      throw new IllegalArgumentException(
          "a look must come every 1 to 1000 ms, comes every " + look);
    }
    if (grace.isNegative() || grace.compareTo(LONGEST_GRACE) > 0) {
      throw new IllegalArgumentException(
          "what must end may take 0 to " + LONGEST_GRACE.toMillis() + " ms, not " + grace);
    }
  }

  /** The same with less grace. */
  public LeasePace withGrace(Duration shorter) {
    return new LeasePace(look, shorter);
  }
}
