// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.CompactRange;
import dev.writ.tlog.Hash;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TilePath;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * All that a writer keeps of the tree: the compact range, and the partial tile of each level. Never
 * changed: {@link #append} makes the next one, which takes this one's place once it is committed.
 */
final class RightEdge {
  private static final int FULL_BYTES = Tile.WIDTH * Hash.BYTES;

  private final CompactRange range;

  /** The hashes of the partial tile, by level of tiles; empty where the last tile is full. */
  private final List<byte[]> partialTiles;

  private final Head head;

  RightEdge(CompactRange range, List<byte[]> partialTiles) {
    this.range = range;
    this.partialTiles = partialTiles;
    this.head = new Head(range.size(), range.root());
  }

  /**
   * What appending leaves makes of an edge.
   *
   * @param edge the next edge
   * @param tiles each tile that the leaves touch, once, as it stands after the last of them
   */
  record Growth(RightEdge edge, List<StoredTile> tiles) {}

  Head head() {
    return head;
  }

  /** The roots of the complete subtrees, from which {@link RecentTree} goes on. */
  CompactRange range() {
    return range.copy();
  }

  /** The edge after these leaves; this one stays as it is. */
  Growth append(List<Hash> leafHashes) {
    CompactRange grown = range.copy();
    TileRows rows = new TileRows();
    leafHashes.forEach(leaf -> grown.append(leaf, rows));
    return new Growth(new RightEdge(grown, rows.partialTiles()), rows.touched());
  }

  /** Collects hashes into tiles, beginning with the edge's partial ones. */
  private final class TileRows implements CompactRange.TileHashes {
    private final List<Row> rows = new ArrayList<>();
    private final List<StoredTile> filled = new ArrayList<>();

    TileRows() {
      partialTiles.forEach(hashes -> rows.add(new Row(hashes)));
    }

    @Override
    public void completed(int level, long index, Hash hash) {
      if (level == rows.size()) {
        rows.add(new Row(new byte[0]));
      }
      Row row = rows.get(level);
      row.add(index, hash);
      if (row.length == FULL_BYTES) {
        filled.add(row.tile(level));
        row.length = 0;
      }
    }

    List<StoredTile> touched() {
      List<StoredTile> tiles = new ArrayList<>(filled);
      for (int level = 0; level < rows.size(); level++) {
        Row row = rows.get(level);
        if (row.touched && row.length > 0) {
          tiles.add(row.tile(level));
        }
      }
      // In the order of their keys, as the store's index likes them.
      tiles.sort(
          Comparator.<StoredTile>comparingInt(tile -> tile.path().level())
              .thenComparingLong(tile -> tile.path().index()));
      return tiles;
    }

    List<byte[]> partialTiles() {
      return rows.stream().map(row -> Arrays.copyOf(row.hashes, row.length)).toList();
    }
  }

  /** The rightmost tile of one level while it fills. */
  private static final class Row {
    private final byte[] hashes = new byte[FULL_BYTES];
    private int length;
    private long tileIndex;
    private boolean touched;

    Row(byte[] start) {
      System.arraycopy(start, 0, hashes, 0, start.length);
      length = start.length;
    }

    void add(long index, Hash hash) {
      if (index % Tile.WIDTH != length / Hash.BYTES) {
        throw new IllegalStateException(
            "bug: hash " + index + " came to a tile that has " + length / Hash.BYTES + " hashes");
      }
      hash.copyTo(hashes, length);
      length += Hash.BYTES;
      tileIndex = index / Tile.WIDTH;
      touched = true;
    }

    StoredTile tile(int level) {
      return new StoredTile(
          new TilePath(level, tileIndex, length / Hash.BYTES), Arrays.copyOf(hashes, length));
    }
  }
}
