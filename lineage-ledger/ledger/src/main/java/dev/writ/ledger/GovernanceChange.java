// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.OptionalLong;

/** What an entry's leaf does to the mode of the service, or to the record of a break-glass. */
public sealed interface GovernanceChange {
  /**
   * Freezes, and revokes what was issued under a break-glass and has not ended. Refused where it is frozen
   * and no break-glass overrides that, and where the order was taken before.
   *
   * @param order digest of what was signed
   */
  record Freeze(Hash order) implements GovernanceChange {}

  /**
   * Lifts a freeze. Refused where that is not the one in force.
   *
   * @param freeze its leaf
   */
  record Unfreeze(long freeze) implements GovernanceChange {}

  /**
   * Uses a grant of break-glass. Refused where it was used before, where the review of another is overdue,
   * and where a freeze is in force that is not {@code overFreeze}, or {@code overFreeze} is not in force.
   *
   * @param grant its digest
   * @param usedBy RFC 7638 thumbprint of who uses it
   * @param ends first moment at which it is over
   * @param reviewBy first moment at which its review is overdue
   */
  record Begin(Hash grant, Hash usedBy, OptionalLong overFreeze, Instant ends, Instant reviewBy)
      implements GovernanceChange {
    /** Cuts the times to the millisecond. */
    public Begin {
      ends = ends.truncatedTo(ChronoUnit.MILLIS);
      reviewBy = reviewBy.truncatedTo(ChronoUnit.MILLIS);
    }
  }

  /**
   * Ends a break-glass before its time, and revokes what was issued under it, or under one before it, and has
   * not ended. Refused where it is not the newest, or is over.
   *
   * @param grant digest of the grant that began it
   * @param order digest of what was signed
   */
  record End(Hash grant, Hash order) implements GovernanceChange {}

  /**
   * Records that a break-glass was reviewed. Refused where it is unknown, not over, was reviewed, or was
   * used by the reviewer.
   *
   * @param grant digest of the grant that began it
   * @param reviewer RFC 7638 thumbprint of who reviewed it
   */
  record Review(Hash grant, Hash reviewer) implements GovernanceChange {}
}
