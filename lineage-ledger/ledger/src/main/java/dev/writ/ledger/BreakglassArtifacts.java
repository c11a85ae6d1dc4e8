// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.StatusReference;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/**
 * Artifacts that were issued under a break-glass, any of them. Such a one ends no later than that break-glass
 * would have by time, and one that was issued after that time ends later, so that the rows of modes tell
 * which they are.
 */
final class BreakglassArtifacts {
  private static final String LASTS =
      "SELECT 1 FROM governance_mode WHERE begun_by IS NOT NULL AND ends > ?";
  private static final String UNDER_ONE =
      "expires > ? AND leaf_index < ? AND EXISTS"
          + " (SELECT 1 FROM governance_mode mode WHERE mode.leaf_index ="
          + " (SELECT MAX(leaf_index) FROM governance_mode WHERE leaf_index < artifact.leaf_index)"
          + " AND mode.begun_by IS NOT NULL"
          + " AND (mode.frozen_by IS NULL OR mode.frozen_by < mode.begun_by)"
          + " AND artifact.expires <= mode.ends)";

  /** Takes a time and the leaf before which they were decided. */
  static final String LIVE = "revoked = 0 AND " + UNDER_ONE;

  private static final String REVOKED_IN_LISTS =
      DescentRows.withDescendants("", "revoked = 1 AND " + UNDER_ONE)
          + "SELECT status / "
          + StatusReference.MAX_LIST
          + ", COUNT(*) FROM artifact WHERE jti IN (SELECT jti FROM family) AND expires > ?"
          + " GROUP BY 1 ORDER BY 1";
  private static final String LIVE_LEAVES =
      "SELECT leaf_index FROM artifact WHERE " + LIVE + " ORDER BY leaf_index LIMIT 10";
  private static final BulkRevocation REVOKE = new BulkRevocation("", LIVE);

  private final Statements statements;

  BreakglassArtifacts(Statements statements) {
    this.statements = statements;
  }

  /**
   * Revokes those that leaves before {@code index} decided for and that have not ended at {@code time}, and
   * all that were issued under them.
   */
  void revoke(long index, Instant time) throws SQLException {
    // Where no grant reaches to that time all have ended, and nothing is looked through.
    if (statements.first(row -> row.getLong(1), LASTS, time).isPresent()) {
      REVOKE.make(statements, time, time, index);
    }
  }

  /** The leaves of some that {@link #revoke} would revoke. */
  List<Long> live(long index, Instant time) throws SQLException {
    return statements.all(row -> row.getLong(1), LIVE_LEAVES, time, index);
  }

  /**
   * Those that are revoked, by whatever leaf, with all that were issued under them, that would not have
   * ended at {@code time}.
   */
  LiveArtifacts revoked(Instant time) throws SQLException {
    return LiveArtifacts.counted(statements, REVOKED_IN_LISTS, time, Long.MAX_VALUE, time);
  }
}
