// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.TilePath;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Reads of the tree's tables, inside the writer's transaction and beside it. */
final class TreeReads {
  private static final String HEAD =
      "SELECT origin, size, root, nonce_horizon FROM tree_head WHERE id = 1";
  private static final String NEWEST_TIME =
      "SELECT newest_time FROM tree_head WHERE id = 1 AND newest_time IS NOT NULL";
  private static final String CHECKPOINT = "SELECT note FROM checkpoint WHERE id = 1";
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

  /** A tile as wide as it is stored. */
  Optional<byte[]> tile(int level, long index) throws SQLException {
    return statements.first(row -> row.getBytes(1), TILE, level, index);
  }

  /** A tile cut to the width of {@code path}; empty if it is not there or not so wide. */
  Optional<byte[]> tile(TilePath path) throws SQLException {
    int length = path.width() * Hash.BYTES;
    return tile(path.level(), path.index())
        .filter(hashes -> hashes.length >= length)
        .map(hashes -> Arrays.copyOf(hashes, length));
  }

  /** The hashes of the leaves from {@code start} to before {@code end}, as many as there are. */
  List<Hash> leafHashes(long start, long end) throws SQLException {
    return statements.all(row -> MerkleTree.leafHash(row.getBytes(1)), LEAVES, start, end);
  }

  /** The leaves from {@code start} to before {@code end}, as many as there are. */
  List<byte[]> leaves(long start, long end) throws SQLException {
    return statements.all(row -> row.getBytes(1), LEAVES, start, end);
  }
}
