// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A log's hashes by level, from which any tile of any of its sizes is cut. */
final class MemoryTiles implements TileReader {
  private final Map<Integer, List<Hash>> levels = new HashMap<>();
  private final CompactRange range = new CompactRange();
  private int reads;
  private boolean keepsPartialTiles = true;

  /** A log of {@code size} entries, {@link ReferenceTree#entries}. */
  static MemoryTiles of(int size) {
    MemoryTiles tiles = new MemoryTiles();
    for (byte[] entry : ReferenceTree.entries(size)) {
      tiles.range.append(
          MerkleTree.leafHash(entry),
          (level, index, hash) -> {
            List<Hash> hashes = tiles.levels.computeIfAbsent(level, l -> new ArrayList<>());
            if (hashes.size() != index) {
              throw new IllegalStateException("hash " + index + " out of order at " + level);
            }
            hashes.add(hash);
          });
    }
    return tiles;
  }

  Hash root() {
    return range.root();
  }

  /** Number of tiles read so far. */
  int reads() {
    return reads;
  }

  /** From here on partial tiles are gone wherever the full one exists. */
  void dropPartialTiles() {
    keepsPartialTiles = false;
  }

  @Override
  public Optional<byte[]> readTile(TilePath path) {
    reads++;
    List<Hash> hashes = levels.getOrDefault(path.level(), List.of());
    long first = path.index() * Tile.WIDTH;
    boolean fullExists = first + Tile.WIDTH <= hashes.size();
    if (first + path.width() > hashes.size()
        || (path.isPartial() && fullExists && !keepsPartialTiles)) {
      return Optional.empty();
    }
    List<Hash> row = hashes.subList((int) first, (int) first + path.width());
    return Optional.of(Tile.of(path, row).bytes());
  }
}
