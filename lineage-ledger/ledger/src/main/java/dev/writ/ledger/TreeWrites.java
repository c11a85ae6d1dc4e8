// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.Tile;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/**
 * Writes of the tree's tables. What is in them only grows, and the statements hold that too: a leaf
 * is inserted and never replaced, a tile takes only bytes that begin with those it has, the head moves
 * only from where the writer believes it to be.
 */
final class TreeWrites {
  private static final String REVOCATION = "INSERT INTO revocation (leaf_index) VALUES (?)";

  private static final String BEGIN_TREE =
      "INSERT INTO tree_head (id, origin, size, root, nonce_horizon, snapshot_at, probe)"
          + " VALUES (1, ?, 0, ?, 0, 0, 0) ON CONFLICT DO NOTHING";
  private static final String LOCK =
      "UPDATE tree_head SET size = size WHERE id = 1"
          + " AND (SELECT MAX(version) FROM schema_version) = ?";
  private static final String PROBE =
      "UPDATE tree_head SET probe = (probe + 1) % 1000000 WHERE id = 1";
  private static final String LEAF = "INSERT INTO leaf (leaf_index, bytes) VALUES (?, ?)";
  private static final String TILE =
      "INSERT INTO tile (level, tile_index, hashes) VALUES (?, ?, ?)"
          + " ON CONFLICT (level, tile_index) DO UPDATE SET hashes = excluded.hashes"
          + " WHERE substr(excluded.hashes, 1, length(tile.hashes)) = tile.hashes";
  private static final String HEAD =
      "UPDATE tree_head SET size = ?, root = ? WHERE id = 1 AND size = ?";
  private static final String RAISE_NEWEST_TIME =
      "UPDATE tree_head SET newest_time = ?"
          + " WHERE id = 1 AND (newest_time IS NULL OR newest_time < ?)";
  private static final String LOWER_NEWEST_TIME =
      "UPDATE tree_head SET newest_time = ? WHERE id = 1 AND newest_time = ?";
  private static final String CHECKPOINT =
      "INSERT INTO checkpoint (id, size, note)"
          + " SELECT 1, ?, ? FROM tree_head WHERE tree_head.id = 1 AND tree_head.size >= ?"
          + " ON CONFLICT (id) DO UPDATE SET size = excluded.size, note = excluded.note"
          + " WHERE checkpoint.size <= excluded.size";

  private static final String RAISE_MINIMUM =
      "UPDATE tree_head SET minimum_index = ? WHERE id = 1 AND minimum_index = ?";
  private static final String DROP_LEAVES =
      "DELETE FROM leaf WHERE leaf_index >= ? AND leaf_index < ?";
  private static final String DROP_TILES =
      "DELETE FROM tile WHERE level = 0 AND tile_index >= ? AND tile_index < ?";

  private final Statements statements;

  TreeWrites(Statements statements) {
    this.statements = statements;
  }

  /** Makes the row of the empty tree, unless there is one. */
  void beginTree(String origin) throws SQLException {
    statements.update(BEGIN_TREE, origin, MerkleTree.emptyRoot());
  }

  /**
   * Begins a writer's transaction: waits for the writer before, and keeps all others out. A node of another
   * version may have changed the tables since this one looked.
   */
  void lock() throws SQLException {
    requireOne(
        statements.update(LOCK, Schema.VERSION),
        "the head's row in schema version "
            + Schema.VERSION
            + ", which a newer Writ may have brought up");
  }

  /** Changes a row and nothing that anybody reads. */
  void probe() throws SQLException {
    requireOne(statements.update(PROBE), "the head's row");
  }

  /** Adds leaves from place {@code first} on. */
  void addLeaves(long first, List<Pending> entries) throws SQLException {
    PreparedStatement leaf = statements.with(LEAF);
    long index = first;
    for (Pending pending : entries) {
      leaf.setLong(1, index);
      leaf.setBytes(2, pending.entry().leaf().bytes());
      leaf.addBatch();
      index++;
    }
    int[] ignored = leaf.executeBatch();
    index = first;
    for (Pending pending : entries) {
      if (pending.isRevocation()) {
        statements.update(REVOCATION, index);
      }
      index++;
    }
  }

  /** Writes tiles, new or grown. */
  void putTiles(List<StoredTile> tiles) throws SQLException {
    for (StoredTile tile : tiles) {
      int written =
          statements.update(TILE, tile.path().level(), tile.path().index(), tile.hashes());
      if (written != 1) {
        throw missing(tile.path() + " that begins as the stored one");
      }
    }
  }

  /** Moves the head from a tree of {@code oldSize} leaves. */
  void moveHead(long oldSize, Head head) throws SQLException {
    if (statements.update(HEAD, head.size(), head.root(), oldSize) != 1) {
      throw missing("a head of " + oldSize);
    }
  }

  /** Keeps the time of a leaf, unless one of another is as great. */
  void raiseNewestTime(Instant time) throws SQLException {
    statements.update(RAISE_NEWEST_TIME, time, time);
  }

  /** Forgets a greatest time, which must be {@code before}; false if it is another. */
  boolean lowerNewestTime(Instant before, Instant after) throws SQLException {
    return statements.update(LOWER_NEWEST_TIME, after, before) == 1;
  }

  /** Keeps the newest checkpoint; an older one changes nothing, nor does one of more than is committed. */
  void putCheckpoint(SignedHead signed) throws SQLException {
    long size = signed.head().size();
    statements.update(CHECKPOINT, size, signed.note().bytes(), size);
  }

  /**
   * Deletes leaves that are in the archive, and the tiles of level 0 over them; both bounds are multiples of
   * 256.
   *
   * @return false if {@code from} is not where the store begins: another node was first
   */
  boolean drop(long from, long to) throws SQLException {
    if (statements.update(RAISE_MINIMUM, to, from) != 1) {
      return false;
    }
    long tiles = (to - from) / Tile.WIDTH;
    if (statements.update(DROP_LEAVES, from, to) != to - from
        || statements.update(DROP_TILES, from / Tile.WIDTH, to / Tile.WIDTH) != tiles) {
      throw missing("all leaves and tiles from " + from + " to before " + to);
    }
    return true;
  }

  private static void requireOne(int rows, String what) throws SQLException {
    if (rows != 1) {
      throw missing(what);
    }
  }

  private static SQLException missing(String what) {
    return new SQLException("the store must have " + what + ", has not; check it before going on");
  }
}
