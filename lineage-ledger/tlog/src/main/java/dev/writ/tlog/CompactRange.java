// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The right edge of a growing tree: all that an append-only writer has to keep in memory.
 *
 * <p>A tree of n leaves is a row of complete subtrees, one for each set bit of n, the largest to the
 * left. Their roots, at most 63, are enough to append leaves and to compute the root:
 *
 * <pre>
 * n = 7 = 111b      h2      h1   h0
 *                 / .. \   /  \   |
 *                0 1 2 3   4  5   6
 * </pre>
 *
 * <p>Not safe for use by several threads at once.
 */
public final class CompactRange {
  /** Is told each hash that takes its place in a tile, in the order in which it does. */
  @FunctionalInterface
  public interface TileHashes {
    /**
     * The hash stands in the tiles of {@code level}, {@code index} hashes from the left edge of that
     * level: in tile {@code index / 256}, row {@code index % 256}.
     *
     * @param level 0 for leaf hashes, 1 for roots of 256 leaves, 2 for roots of 256², …
     */
    void completed(int level, long index, Hash hash);
  }

  private long size;

  /** The root of the complete subtree over 2^i leaves, where bit i of {@link #size} is set. */
  private final @Nullable Hash[] nodes = new @Nullable Hash[Long.SIZE - 1];

  /** The range of the tree without leaves. */
  public CompactRange() {}

  /**
   * The range that {@link #size()} and {@link #nodes()} describe.
   *
   * @param nodes one root for each set bit of {@code size}, the largest subtree first
   * @throws IllegalArgumentException if their number is another
   */
  public static CompactRange of(long size, List<Hash> nodes) {
    if (size < 0 || nodes.size() != Long.bitCount(size)) {
      throw new IllegalArgumentException(
          "a compact range must have one node for each set bit of its size "
              + size
              + ", had "
              + nodes.size());
    }
    CompactRange range = new CompactRange();
    range.size = size;
    int next = nodes.size();
    for (int level = 0; level < range.nodes.length; level++) {
      if (range.has(level)) {
        range.nodes[level] = nodes.get(--next);
      }
    }
    return range;
  }

  /** A range that grows on its own from here on. */
  public CompactRange copy() {
    return of(size, nodes());
  }

  /** Number of leaves. */
  public long size() {
    return size;
  }

  /** The roots of the complete subtrees, the largest first. */
  public List<Hash> nodes() {
    List<Hash> result = new ArrayList<>(Long.bitCount(size));
    for (int level = nodes.length - 1; level >= 0; level--) {
      if (has(level)) {
        result.add(node(level));
      }
    }
    return result;
  }

  /** Appends a leaf. */
  public void append(Hash leafHash) {
    append(leafHash, (level, index, hash) -> {});
  }

  /**
   * Appends a leaf and reports the hashes that this adds to tiles: the leaf's own, and, for each
   * tile that it fills, that tile's root.
   */
  public void append(Hash leafHash, TileHashes tiles) {
    if (size == Long.MAX_VALUE) {
      throw new IllegalStateException("a tree must have at most 2^63 - 1 leaves, and has them");
    }
    Hash hash = leafHash;
    int level = 0;
    tiles.completed(0, size, hash);
    while (has(level)) {
      hash = MerkleTree.nodeHash(node(level), hash);
      nodes[level] = null;
      level++;
      if (level % Tile.HEIGHT == 0) {
        tiles.completed(level / Tile.HEIGHT, size >>> level, hash);
      }
    }
    nodes[level] = hash;
    size++;
  }

  /** The root: the complete subtrees folded from the smallest, rightmost, to the left. */
  public Hash root() {
    Hash root = null;
    for (int level = 0; level < nodes.length; level++) {
      if (has(level)) {
        root = root == null ? node(level) : MerkleTree.nodeHash(node(level), root);
      }
    }
    return root == null ? MerkleTree.emptyRoot() : root;
  }

  private boolean has(int level) {
    return (size >>> level & 1) == 1;
  }

  private Hash node(int level) {
    Hash hash = nodes[level];
    if (hash == null) {
      throw new IllegalStateException(
          "a bug: no node of level " + level + " in the range of size " + size);
    }
    return hash;
  }
}
