// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.CompactRange;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MerkleTree;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The newest leaves and every node above them, so that a proof for one of them only picks hashes and
 * computes none.
 *
 * <p>{@link dev.writ.tlog.TileTree} gives the same proofs from tiles, but for each new tree size it
 * hashes up to 255 nodes in each tile on the way: about 0.2 ms, as much as the commit's fsync.
 *
 * <p>A node is complete when all leaves below it are there. Of level l the tree of n leaves has n/2^l
 * complete nodes; kept are those from {@code first} on:
 *
 * <pre>
 * level 2        .
 * level 1    [h01]     h23      at n = 5 after {@link #forget} at n = 3:
 * level 0          h2  h3  h4   kept are the peaks of 3 leaves (h01, h2) and all that came since
 * </pre>
 *
 * <p>Owned by one thread.
 */
final class RecentTree {
  /** Complete nodes of one level from the {@code first} on. */
  private static final class Level {
    private long first;
    private final List<Hash> nodes = new ArrayList<>();

    long end() {
      return first + nodes.size();
    }

    Hash node(long index) {
      return nodes.get(Math.toIntExact(index - first));
    }
  }

  private final List<Level> levels = new ArrayList<>();
  private long size;

  /** The tree that {@code range} is the right edge of, with no recent leaf. */
  RecentTree(CompactRange range) {
    size = range.size();
    int next = 0;
    List<Hash> peaks = range.nodes();
    int height = Long.SIZE - Long.numberOfLeadingZeros(size);
    for (int level = 0; level < height; level++) {
      level(level).first = size >>> level;
    }
    for (int level = height - 1; level >= 0; level--) {
      if ((size >>> level & 1) == 1) {
        levels.get(level).first--;
        levels.get(level).nodes.add(peaks.get(next++));
      }
    }
  }

  private Level level(int level) {
    if (level == levels.size()) {
      levels.add(new Level());
    }
    return levels.get(level);
  }

  long size() {
    return size;
  }

  /** Appends a leaf and completes the nodes that it completes. */
  void append(Hash leafHash) {
    Hash hash = leafHash;
    int at = 0;
    Level level = level(at);
    level.nodes.add(hash);
    while (level.end() % 2 == 0) {
      hash = MerkleTree.nodeHash(level.node(level.end() - 2), level.node(level.end() - 1));
      level = level(++at);
      level.nodes.add(hash);
    }
    size++;
  }

  /** The tree's proofs as it stands, for as long as nothing is appended. */
  Proofs proofs() {
    return new Proofs();
  }

  /** Forgets all leaves but what further ones need; of what is there, nothing can be proven more. */
  void forget() {
    for (Level level : levels) {
      long keepFrom = level.end() - level.end() % 2;
      level.nodes.subList(0, Math.toIntExact(keepFrom - level.first)).clear();
      level.first = keepFrom;
    }
  }

  /** Proofs for the leaves since the last {@link #forget}. */
  final class Proofs {
    /**
     * By level, the hash of the leaves right of the last complete node: the incomplete node at the
     * right edge; null where there are none.
     */
    private final @Nullable Hash[] ragged = new @Nullable Hash[levels.size() + 1];

    private Proofs() {
      for (int at = 0; at < levels.size(); at++) {
        Level level = levels.get(at);
        Hash below = ragged[at];
        if (level.end() % 2 == 0) {
          ragged[at + 1] = below;
        } else {
          Hash last = level.node(level.end() - 1);
          ragged[at + 1] = below == null ? last : MerkleTree.nodeHash(last, below);
        }
      }
    }

    /** The root, computed from the nodes that the proofs are made of. */
    Hash root() {
      Hash root = ragged[levels.size()];
      return root == null ? MerkleTree.emptyRoot() : root;
    }

    /** The path of leaf {@code index}: on each level the sibling, where there is one. */
    InclusionProof inclusion(long index) {
      List<Hash> path = new ArrayList<>(levels.size());
      for (int at = 0; at < levels.size(); at++) {
        Level level = levels.get(at);
        long sibling = index >>> at ^ 1;
        Hash edge = ragged[at];
        if (sibling < level.end()) {
          path.add(level.node(sibling));
        } else if (sibling == level.end() && edge != null) {
          path.add(edge);
        }
      }
      return new InclusionProof(index, size, path);
    }
  }
}
