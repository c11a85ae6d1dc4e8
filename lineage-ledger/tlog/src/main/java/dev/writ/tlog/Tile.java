// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tile: up to 256 neighbouring hashes of one level, from which the levels of the tree between this
 * level of tiles and the next are computed (c2sp.org/tlog-tiles).
 *
 * <p>Not safe for use by several threads at once: inner nodes are computed when first asked for.
 */
public final class Tile {
  /** Levels of the tree that one level of tiles spans. */
  public static final int HEIGHT = 8;

  /** Hashes in a full tile. */
  public static final int WIDTH = 1 << HEIGHT;

  private final TilePath path;
  private final byte[] bytes;

  /**
   * The complete subtrees within the tile as a binary heap: the root of a full tile at 1, its row of
   * hashes from {@link #WIDTH} on. Null until asked for.
   */
  private final @Nullable Hash[] nodes = new @Nullable Hash[2 * WIDTH];

  private Tile(TilePath path, byte[] bytes) {
    this.path = path;
    this.bytes = bytes;
  }

  /** Reads the tile that {@code path} names; {@code bytes} must be exactly its hashes. */
  public static Tile parse(TilePath path, byte[] bytes) throws MalformedTileException {
    if (bytes.length != path.width() * Hash.BYTES) {
      throw new MalformedTileException(
          path.text(), path.width() * Hash.BYTES + " bytes", bytes.length + " bytes", -1);
    }
    return new Tile(path, bytes.clone());
  }

  /**
   * The tile of these hashes.
   *
   * @throws IllegalArgumentException if {@code path} has another width
   */
  public static Tile of(TilePath path, List<Hash> hashes) {
    if (hashes.size() != path.width()) {
      throw new IllegalArgumentException(
          path + " must have " + path.width() + " hashes, had " + hashes.size());
    }
    byte[] bytes = new byte[hashes.size() * Hash.BYTES];
    for (int i = 0; i < hashes.size(); i++) {
      hashes.get(i).copyTo(bytes, i * Hash.BYTES);
    }
    return new Tile(path, bytes);
  }

  /** The name that the tile was read under. */
  public TilePath path() {
    return path;
  }

  /** The tile as it is stored and served. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** The first {@code width} hashes, as a narrower tile at the same place is served. */
  byte[] bytes(int width) {
    return Arrays.copyOf(bytes, width * Hash.BYTES);
  }

  /**
   * The hash in row {@code row}.
   *
   * @throws IndexOutOfBoundsException if the tile has no such row
   */
  public Hash hash(int row) {
    return node(0, row);
  }

  /**
   * The root of the complete subtree over rows {@code index << height} to {@code (index + 1) <<
   * height} of this tile.
   */
  Hash node(int height, int index) {
    int place = (WIDTH >>> height) + index;
    Hash known = nodes[place];
    if (known != null) {
      return known;
    }
    Hash computed =
        height == 0
            ? Hash.copyOf(bytes, index * Hash.BYTES)
            : MerkleTree.nodeHash(node(height - 1, 2 * index), node(height - 1, 2 * index + 1));
    nodes[place] = computed;
    return computed;
  }
}
