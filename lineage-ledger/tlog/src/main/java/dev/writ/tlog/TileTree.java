// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tree of some size, read from tiles: its root, and proofs from it.
 *
 * <p>Tiles are believed here. What comes out proves something only once it is verified against the
 * root of a checkpoint that is trusted: {@link InclusionProof#verify}, {@link
 * ConsistencyProof#verify}, or {@link #root} compared with it.
 *
 * <p>Tiles once read are kept, up to a bound, with the nodes computed in them, so that the proofs of
 * a batch cost a few hashes each: use one object for a batch, and let it go. Not safe for use by
 * several threads at once.
 */
public final class TileTree {
  /** Tiles kept; a path needs at most 8, neighbouring paths share all but one. About 40 KiB each. */
  private static final int TILES_KEPT = 32;

  private final TileReader reader;
  private final long size;
  private final Map<TilePath, Tile> tiles =
      new LinkedHashMap<>(2 * TILES_KEPT, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<TilePath, Tile> eldest) {
          return size() > TILES_KEPT;
        }
      };

  /** Hashes of the ranges that end at the right edge of the tree, by their first leaf. */
  private final Map<Long, Hash> rightEdge = new HashMap<>();

  /**
   * The tree over the first {@code size} leaves in {@code reader}.
   *
   * @throws IllegalArgumentException if {@code size} is negative
   */
  public TileTree(TileReader reader, long size) {
    if (size < 0) {
      throw new IllegalArgumentException("tree size must be at least 0, was " + size);
    }
    this.reader = reader;
    this.size = size;
  }

  /** Number of leaves. */
  public long size() {
    return size;
  }

  /** The root that the tiles lead to. */
  public Hash root() throws IOException, MalformedTileException {
    return size == 0 ? MerkleTree.emptyRoot() : rangeHash(0, size);
  }

  /**
   * The hash of leaf {@code index}.
   *
   * @throws IndexOutOfBoundsException if the tree has no such leaf
   */
  public Hash leafHash(long index) throws IOException, MalformedTileException {
    checkLeaf(index);
    return subtreeHash(0, index);
  }

  /** The right edge, from which a writer goes on. */
  public CompactRange compactRange() throws IOException, MalformedTileException {
    List<Hash> nodes = new ArrayList<>();
    long start = 0;
    for (int level = Long.SIZE - 2; level >= 0; level--) {
      if ((size >>> level & 1) == 1) {
        nodes.add(subtreeHash(level, start >>> level));
        start += 1L << level;
      }
    }
    return CompactRange.of(size, nodes);
  }

  /**
   * The path of leaf {@code index}: PATH(m, D[n]) of RFC 9162 section 2.1.3.1.
   *
   * @throws IndexOutOfBoundsException if the tree has no such leaf
   */
  public InclusionProof inclusionProof(long index) throws IOException, MalformedTileException {
    checkLeaf(index);
    List<Hash> path = new ArrayList<>();
    inclusionPath(index, 0, size, path);
    return new InclusionProof(index, size, path);
  }

  /**
   * The proof that this tree starts with the tree of {@code oldSize} leaves: PROOF(m, D[n]) of RFC
   * 9162 section 2.1.4.1; empty for equal sizes.
   *
   * @throws IllegalArgumentException unless {@code oldSize} is 1 to {@link #size}
   */
  public ConsistencyProof consistencyProof(long oldSize)
      throws IOException, MalformedTileException {
    if (oldSize < 1 || oldSize > size) {
      throw new IllegalArgumentException(
          "old size must be 1 to tree size " + size + ", was " + oldSize);
    }
    List<Hash> path = new ArrayList<>();
    consistencyPath(oldSize, 0, size, true, path);
    return new ConsistencyProof(oldSize, size, path);
  }

  /** PATH over leaves {@code start} to {@code end}, for the leaf {@code index} among them. */
  private void inclusionPath(long index, long start, long end, List<Hash> path)
      throws IOException, MalformedTileException {
    if (end - start == 1) {
      return;
    }
    long split = start + largestPowerOfTwoBelow(end - start);
    if (index < split) {
      inclusionPath(index, start, split, path);
      path.add(rangeHash(split, end));
    } else {
      inclusionPath(index, split, end, path);
      path.add(rangeHash(start, split));
    }
  }

  /**
   * SUBPROOF over leaves {@code start} to {@code end}, for the old tree that ends at {@code oldEnd}.
   *
   * @param known whether the verifier has this range's old hash, as it is the whole old tree
   */
  private void consistencyPath(long oldEnd, long start, long end, boolean known, List<Hash> path)
      throws IOException, MalformedTileException {
    if (oldEnd == end) {
      if (!known) {
        path.add(rangeHash(start, end));
      }
      return;
    }
    long split = start + largestPowerOfTwoBelow(end - start);
    if (oldEnd <= split) {
      consistencyPath(oldEnd, start, split, known, path);
      path.add(rangeHash(split, end));
    } else {
      consistencyPath(oldEnd, split, end, false, path);
      path.add(rangeHash(start, split));
    }
  }

  /** MTH(D[start:end]), where {@code start} is a multiple of the first power of two ≥ the length. */
  private Hash rangeHash(long start, long end) throws IOException, MalformedTileException {
    long length = end - start;
    if (Long.bitCount(length) == 1) {
      int level = Long.numberOfTrailingZeros(length);
      return subtreeHash(level, start >>> level);
    }
    // Only a range at the right edge is not a complete subtree.
    Hash known = rightEdge.get(start);
    if (known != null) {
      return known;
    }
    long split = start + largestPowerOfTwoBelow(length);
    Hash computed = MerkleTree.nodeHash(rangeHash(start, split), rangeHash(split, end));
    rightEdge.put(start, computed);
    return computed;
  }

  /** The root of the complete subtree over leaves {@code index << level} to {@code (index+1) << level}. */
  private Hash subtreeHash(int level, long index) throws IOException, MalformedTileException {
    int tileLevel = level / Tile.HEIGHT;
    int height = level % Tile.HEIGHT;
    long firstHash = index << height;
    int row = (int) (firstHash % Tile.WIDTH);
    return tile(TilePath.holding(tileLevel, firstHash, size)).node(height, row >>> height);
  }

  private Tile tile(TilePath path) throws IOException, MalformedTileException {
    Tile kept = tiles.get(path);
    if (kept != null) {
      return kept;
    }
    Tile tile = Fetch.tile(reader, path, size);
    tiles.put(path, tile);
    return tile;
  }

  private void checkLeaf(long index) {
    if (index < 0 || index >= size) {
      throw new IndexOutOfBoundsException(
          "leaf index must be 0 to " + (size - 1) + ", was " + index);
    }
  }

  private static long largestPowerOfTwoBelow(long n) {
    return Long.highestOneBit(n - 1);
  }
}
