// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

/**
 * A host's TPM's account of time and restarts (TPM 2.0 Part 2, 10.11.1). What its numbers are worth is the
 * verifier's to know: the ledger compares counts by equality alone.
 *
 * @param clock milliseconds, an unsigned 64-bit number
 * @param resetCount 0 to 2^32 - 1
 * @param restartCount 0 to 2^32 - 1
 * @param safe whether the TPM says that it never reported a greater clock
 */
public record HostClock(long clock, long resetCount, long restartCount, boolean safe) {
  private static final long MAX_COUNT = 0xffff_ffffL;

  /** Checks the counts. */
  public HostClock {
    if (resetCount < 0 || resetCount > MAX_COUNT || restartCount < 0 || restartCount > MAX_COUNT) {
      throw new IllegalArgumentException(
          "counts must be from 0 to 4294967295, were " + resetCount + " and " + restartCount);
    }
  }

  /** The clock as a column holds it: signed numbers in the order of the unsigned ones. */
  long column() {
    return clock ^ Long.MIN_VALUE;
  }

  static long ofColumn(long column) {
    return column ^ Long.MIN_VALUE;
  }
}
