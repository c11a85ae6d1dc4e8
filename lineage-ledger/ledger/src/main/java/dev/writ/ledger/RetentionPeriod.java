// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.time.Duration;

/**
 * How long payloads are kept, in whole days. An artifact lives an hour at most, so none is in force any
 * more, by the clock that dated its leaf, when its payload goes.
 *
 * @param days 1 to {@link #MAX_DAYS}
 */
public record RetentionPeriod(int days) {
  /** Most days. */
  public static final int MAX_DAYS = 3650;

  /**
   * Checks the number.
   *
   * @throws IllegalArgumentException if it is outside its bounds
   */
  public RetentionPeriod {
    if (days < 1 || days > MAX_DAYS) {
      throw new IllegalArgumentException(
          "payloads must be kept for 1 to " + MAX_DAYS + " days, were for " + days);
    }
  }

  /** The same as a duration. */
  public Duration duration() {
    return Duration.ofDays(days);
  }
}
