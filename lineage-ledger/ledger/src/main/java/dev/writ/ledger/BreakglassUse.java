// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.OptionalLong;

/**
 * A grant of break-glass that was used.
 *
 * @param grant its digest
 * @param leafIndex the leaf that has it, and says who used it
 * @param usedBy RFC 7638 thumbprint of who used it
 * @param ends first moment at which it was over by time
 * @param reviewBy first moment at which its review is overdue
 * @param endedBy the leaf that ended it before its time
 * @param reviewedBy the leaf of its review
 */
public record BreakglassUse(
    Hash grant,
    long leafIndex,
    Hash usedBy,
    Instant ends,
    Instant reviewBy,
    OptionalLong endedBy,
    OptionalLong reviewedBy) {
  /** Whether nobody reviewed it in time. */
  public boolean isOverdue(Instant now) {
    return reviewedBy.isEmpty() && !now.isBefore(reviewBy);
  }

  /** Whether it is over, by time or before it. */
  boolean isOver(Instant now) {
    return endedBy.isPresent() || !now.isBefore(ends);
  }

  BreakglassUse ended(long index) {
    return new BreakglassUse(
        grant, leafIndex, usedBy, ends, reviewBy, OptionalLong.of(index), reviewedBy);
  }

  BreakglassUse reviewed(long index) {
    return new BreakglassUse(
        grant, leafIndex, usedBy, ends, reviewBy, endedBy, OptionalLong.of(index));
  }
}
