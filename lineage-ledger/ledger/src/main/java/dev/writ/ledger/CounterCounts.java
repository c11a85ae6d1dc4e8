// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.sql.SQLException;
import java.util.Optional;

/** What the store says of the counters of its nodes: a row for each. */
final class CounterCounts {
  private static final String COUNT =
      "SELECT raised_to, size FROM rollback_counter WHERE counter = ?";
  private static final String OTHERS = "SELECT 1 FROM rollback_counter WHERE counter <> ?";
  private static final String RAISE =
      "UPDATE rollback_counter SET raised_to = raised_to + 1, size = ?"
          + " WHERE counter = ? AND raised_to = ?";
  private static final String PUT =
      "INSERT INTO rollback_counter (counter, raised_to, size) VALUES (?, ?, 0)"
          + " ON CONFLICT (counter) DO UPDATE SET raised_to = excluded.raised_to, size = 0";
  private static final String FORGET_OTHERS = "DELETE FROM rollback_counter WHERE counter <> ?";

  private final Statements statements;

  CounterCounts(Statements statements) {
    this.statements = statements;
  }

  /**
   * What it says of one.
   *
   * @param raisedTo what the counter has come to, or comes to now
   * @param size number of leaves when that was written, or fewer
   */
  record Count(long raisedTo, long size) {}

  Optional<Count> of(Hash counter) throws SQLException {
    return statements.first(row -> new Count(row.getLong(1), row.getLong(2)), COUNT, counter);
  }

  /** Whether it knows of other counters. */
  boolean knowsOthers(Hash counter) throws SQLException {
    return statements.any(OTHERS, counter);
  }

  /** Adds one to a count, which must be {@code before}; false if it is another. */
  boolean raise(Hash counter, long before, long size) throws SQLException {
    return statements.update(RAISE, size, counter, before) == 1;
  }

  /** Takes a count as it is, with a size that any growth is beyond. */
  void put(Hash counter, long count) throws SQLException {
    statements.update(PUT, counter, count);
  }

  void forgetOthers(Hash counter) throws SQLException {
    statements.update(FORGET_OTHERS, counter);
  }
}
