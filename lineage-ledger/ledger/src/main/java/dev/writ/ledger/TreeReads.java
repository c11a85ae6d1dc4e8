// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Reads of the tree's tables, inside the writer's transaction and beside it. */
final class TreeReads {
  private static final String HEAD =
      "SELECT origin, size, root, nonce_horizon FROM tree_head WHERE id = 1";
  private static final String NEWEST_TIME =
      "SELECT newest_time FROM tree_head WHERE id = 1 AND newest_time IS NOT NULL";
  private static final String CHECKPOINT = "SELECT note FROM checkpoint WHERE id = 1";
  private static final String MINIMUM = "SELECT minimum_index FROM tree_head WHERE id = 1";
  private static final String TILE = "SELECT hashes FROM tile WHERE level = ? AND tile_index = ?";
  private static final String LEAVES =
      "SELECT bytes FROM leaf WHERE leaf_index >= ? AND leaf_index < ? ORDER BY leaf_index";

  private final Statements statements;

  TreeReads(Statements statements) {
    this.statements = statements;
  }

  /**
   * The head's row.
   *
   * @param nonceHorizon nonces that expired before it may have been purged
   */
  record HeadRow(String origin, Head head, Instant nonceHorizon) {}

  /** The head's row; empty in a store without a ledger. */
  Optional<HeadRow> head() throws SQLException {
    return statements.first(
        row ->
            new HeadRow(
                row.getString(1),
                new Head(row.getLong(2), Statements.hash(row, 3)),
                Statements.time(row, 4)),
        HEAD);
  }

  /** The greatest time of any leaf; empty where there is no leaf, or none was read for it. */
  Optional<Instant> newestTime() throws SQLException {
    return statements.first(row -> Statements.time(row, 1), NEWEST_TIME);
  }

  /** The newest checkpoint that was stored. */
  Optional<byte[]> checkpoint() throws SQLException {
    return statements.first(row -> row.getBytes(1), CHECKPOINT);
  }

  /** Leaves below it, and the tiles of level 0 over them, have no row any more. */
  long minimumIndex() throws SQLException {
    return statements.first(row -> row.getLong(1), MINIMUM).orElse(0L);
  }

  /** The row of a tile; see {@link KeptTree}. */
  Optional<byte[]> tileRow(int level, long index) throws SQLException {
    return statements.first(row -> row.getBytes(1), TILE, level, index);
  }

  /** The rows of the leaves from {@code start} to before {@code end}; see {@link KeptTree}. */
  List<byte[]> leafRows(long start, long end) throws SQLException {
    return statements.all(row -> row.getBytes(1), LEAVES, start, end);
  }
}
