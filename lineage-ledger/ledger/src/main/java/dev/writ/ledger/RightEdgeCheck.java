// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.CompactRange;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedTileException;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TileTree;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Loads the right edge and checks all that the writer will build upon: each hash in a partial tile
 * against what it stands for (a leaf, or the full tile below), and the head's root against the tiles.
 * It reads at most 255 leaves and 255 tiles for each level, whatever the size of the tree.
 */
final class RightEdgeCheck {
  private static final String RESTORE =
      "; nothing was signed over it: restore the store from a copy that has the newest checkpoint";

  private final KeptTree store;
  private final Head head;

  private RightEdgeCheck(KeptTree store, Head head) {
    this.store = store;
    this.head = head;
  }

  /** The right edge of the tree that the store holds under {@code head}. */
  static RightEdge load(KeptTree store, Head head) throws SQLException, LedgerException {
    return new RightEdgeCheck(store, head).load();
  }

  static LedgerException noHead() {
    return new LedgerException("ledger", "the store must have a tree head, has none" + RESTORE);
  }

  private RightEdge load() throws SQLException, LedgerException {
    List<byte[]> partialTiles = new ArrayList<>();
    for (int level = 0; TilePath.hashesAt(level, head.size()) > 0; level++) {
      partialTiles.add(partialTile(level));
    }
    CompactRange range = compactRange(partialTiles);
    if (!range.root().equals(head.root())) {
      throw corrupt(
          "tree_head",
          "root " + range.root() + " that the right-edge tiles of size " + head.size() + " give",
          head.root().hex());
    }
    return new RightEdge(range, partialTiles);
  }

  /** The hashes of the partial tile of {@code level}; none where the last tile is full. */
  private byte[] partialTile(int level) throws SQLException, LedgerException {
    long hashes = TilePath.hashesAt(level, head.size());
    TilePath last = TilePath.holding(level, hashes - 1, head.size());
    byte[] bytes = stored(last);
    if (!last.isPartial()) {
      return new byte[0];
    }
    long first = last.index() * Tile.WIDTH;
    if (level == 0) {
      checkLeaves(last, bytes, first);
    } else {
      for (int row = 0; row < last.width(); row++) {
        TilePath child = new TilePath(level - 1, first + row, Tile.WIDTH);
        requireHash(last, bytes, row, tileRoot(stored(child)), "the root of " + child);
      }
    }
    return bytes;
  }

  private void checkLeaves(TilePath tile, byte[] bytes, long first)
      throws SQLException, LedgerException {
    List<byte[]> leaves = store.leaves(first, head.size());
    if (leaves.size() != tile.width()) {
      throw corrupt(
          "leaf", tile.width() + " leaves from " + first + " on", leaves.size() + " leaves");
    }
    for (int row = 0; row < tile.width(); row++) {
      Hash expected = MerkleTree.leafHash(leaves.get(row));
      requireHash(tile, bytes, row, expected, "the hash of leaf " + (first + row));
    }
  }

  private static void requireHash(TilePath tile, byte[] bytes, int row, Hash expected, String what)
      throws LedgerException {
    Hash found = Hash.copyOf(bytes, row * Hash.BYTES);
    if (!found.equals(expected)) {
      throw corrupt(tile + " row " + row, what + " " + expected, found.hex());
    }
  }

  private byte[] stored(TilePath tile) throws SQLException, LedgerException {
    byte[] bytes = store.tile(tile.level(), tile.index()).orElse(new byte[0]);
    if (bytes.length != tile.width() * Hash.BYTES) {
      throw corrupt(
          tile.text(), tile.width() + " hashes at size " + head.size(), bytes.length + " bytes");
    }
    return bytes;
  }

  private static Hash tileRoot(byte[] hashes) {
    CompactRange range = new CompactRange();
    for (int at = 0; at < hashes.length; at += Hash.BYTES) {
      range.append(Hash.copyOf(hashes, at));
    }
    return range.root();
  }

  /** Every complete subtree at the right edge has its root in a partial tile or between its rows. */
  private CompactRange compactRange(List<byte[]> partialTiles) {
    try {
      return new TileTree(path -> Optional.of(partialTiles.get(path.level())), head.size())
          .compactRange();
    } catch (IOException | MalformedTileException e) {
      throw new IllegalStateException("bug: tiles of the right width must be readable", e);
    }
  }

  private static LedgerException corrupt(String where, String mustBe, String was) {
    return new LedgerException(
        "ledger", "the store's " + where + " must be " + mustBe + ", was " + was + RESTORE);
  }
}
