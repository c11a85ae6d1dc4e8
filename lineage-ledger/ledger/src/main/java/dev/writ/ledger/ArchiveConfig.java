// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where old leaves go from the store, and when.
 *
 * @param folder has their files; there already, on storage that keeps what it was given, the same one for
 *     all nodes of a ledger, and of one ledger alone
 * @param keepDays for so many days after its time a leaf stays in the store, {@value MIN_DAYS} to {@value
 *     MAX_DAYS}
 */
public record ArchiveConfig(Path folder, int keepDays) {
  /** Code of a {@link LedgerException} where the archive does not have what left the store. */
  public static final String FAILED = "archive";

  /** Fewest days. */
  public static final int MIN_DAYS = 1;

  /** Most days. */
  public static final int MAX_DAYS = 36_500;

  /**
   * Checks the days.
   *
   * @throws IllegalArgumentException if they are out of bounds
   */
  public ArchiveConfig {
    if (keepDays < MIN_DAYS || keepDays > MAX_DAYS) {
      throw new IllegalArgumentException(
          "days must be from " + MIN_DAYS + " to " + MAX_DAYS + ", were " + keepDays);
    }
  }

  Duration kept() {
    return Duration.ofDays(keepDays);
  }
}
