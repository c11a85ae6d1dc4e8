// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TilePath;
import java.util.List;
import java.util.Optional;

/**
 * 256 leaves and the tile of level 0 over them.
 *
 * @param index of bundle and tile
 * @param tile its hashes, {@code 256 * 32} bytes
 * @param leaves as many as the tile has hashes
 */
record FullBundle(long index, byte[] tile, List<byte[]> leaves) {
  TilePath tilePath() {
    return new TilePath(0, index, Tile.WIDTH);
  }

  EntryBundlePath entriesPath() {
    return new EntryBundlePath(index, Tile.WIDTH);
  }

  byte[] entries() {
    return EntryBundle.encode(leaves);
  }

  /** What does not hold of the leaves, by their tile, which the caller believes; empty where all does. */
  Optional<String> fault() {
    return fault(index, tile, leaves);
  }

  static Optional<String> fault(long index, byte[] tile, List<byte[]> leaves) {
    if (leaves.size() != Tile.WIDTH) {
      return Optional.of("must have " + Tile.WIDTH + " leaves, has " + leaves.size());
    }
    for (int row = 0; row < Tile.WIDTH; row++) {
      Hash must = Hash.copyOf(tile, row * Hash.BYTES);
      Hash was = MerkleTree.leafHash(leaves.get(row));
      if (!was.equals(must)) {
        return Optional.of(
            "must have leaf "
                + (index * Tile.WIDTH + row)
                + " of hash "
                + must
                + ", has one of hash "
                + was);
      }
    }
    return Optional.empty();
  }
}
