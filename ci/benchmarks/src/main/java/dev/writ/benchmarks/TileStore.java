// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.tlog.CompactRange;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MalformedTileException;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TileTree;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A log's tree in memory. */
final class TileStore {
  private final CompactRange edge = new CompactRange();

  /** By level, the hashes that stand in its tiles. */
  private final List<List<Hash>> levels = new ArrayList<>();

  void append(Hash leafHash) {
    edge.append(leafHash, this::put);
  }

  long size() {
    return edge.size();
  }

  Hash root() {
    return edge.root();
  }

  /** The path of leaf {@code index} in the tree as it is. */
  InclusionProof inclusionProof(long index) throws IOException, MalformedTileException {
    return new TileTree(this::read, size()).inclusionProof(index);
  }

  private void put(int level, long index, Hash hash) {
    if (level == levels.size()) {
      levels.add(new ArrayList<>());
    }
    List<Hash> hashes = levels.get(level);
    if (index != hashes.size()) {
      throw new IllegalStateException("bug: a hash of level " + level + " was left out");
    }
    hashes.add(hash);
  }

  private Optional<byte[]> read(TilePath path) {
    int from = Math.toIntExact(path.index() * Tile.WIDTH);
    return Optional.of(
        Tile.of(path, levels.get(path.level()).subList(from, from + path.width())).bytes());
  }
}
