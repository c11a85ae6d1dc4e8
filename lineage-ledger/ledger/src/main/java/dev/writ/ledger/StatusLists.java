// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.StatusReference;
import java.sql.SQLException;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** Reads and writes of status blocks and of what a status token says. */
final class StatusLists {
  private static final String REUSE =
      "UPDATE status_block SET free_at = ? WHERE block ="
          + " (SELECT MIN(block) FROM status_block WHERE free_at <= ?) RETURNING block";
  private static final String EMPTY = "DELETE FROM status_index WHERE number >= ? AND number < ?";
  private static final String NEXT =
      "INSERT INTO status_block (block, free_at)"
          + " SELECT COALESCE(MAX(block), -1) + 1, ? FROM status_block RETURNING block";
  private static final String LISTS =
      "SELECT DISTINCT block / ? FROM status_block WHERE free_at > ? ORDER BY 1";
  private static final String RISE =
      "UPDATE tree_head SET snapshot_at ="
          + " CASE WHEN snapshot_at < ? THEN ? ELSE snapshot_at + 1 END"
          + " WHERE id = 1 RETURNING snapshot_at";
  private static final String REVOKED =
      "SELECT number FROM status_index"
          + " WHERE revoked = 1 AND number >= ? AND number < ? AND expires >= ?";

  private final Statements statements;

  StatusLists(Statements statements) {
    this.statements = statements;
  }

  /** Reserves the lowest block that is free, else a new one. */
  StatusBlock reserve(Instant freeAt, Instant now) throws SQLException, LedgerException {
    if (!freeAt.isAfter(now)) {
      throw new LedgerException(
          "ledger", "its end must be after the ledger's clock, " + now + ", was " + freeAt);
    }
    Optional<Long> reused = statements.first(row -> row.getLong(1), REUSE, freeAt, now);
    if (reused.isPresent()) {
      long first = reused.get() * StatusBlock.SIZE;
      statements.update(EMPTY, first, first + StatusBlock.SIZE);
      return StatusBlock.ofNumber(reused.get());
    }
    return statements
        .first(row -> StatusBlock.ofNumber(row.getLong(1)), NEXT, freeAt)
        .orElseThrow(() -> new IllegalStateException("a bug: no row of a block that was inserted"));
  }

  /** Lists with a block that is not free at {@code now}. */
  List<Integer> inUse(Instant now) throws SQLException {
    return statements.all(row -> row.getInt(1), LISTS, StatusBlock.BLOCKS_OF_A_LIST, now);
  }

  /** The time of the next snapshot, later than that of each before. */
  Instant rise(Instant now) throws SQLException, LedgerException {
    return statements
        .first(row -> Statements.time(row, 1), RISE, now, now)
        .orElseThrow(RightEdgeCheck::noHead);
  }

  /** The indices of a list that are revoked, of artifacts that had not ended before a time. */
  BitSet revoked(int list, Instant endedBefore) throws SQLException {
    long first = StatusIndex.firstNumber(list);
    BitSet revoked = new BitSet();
    statements.each(
        row -> revoked.set((int) (row.getLong(1) - first)),
        REVOKED,
        first,
        first + StatusReference.MAX_LIST,
        endedBefore);
    return revoked;
  }
}
