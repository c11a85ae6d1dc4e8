// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.tlog.Hash;
import dev.writ.tlog.MerkleTree;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * That leaves stand one behind the other in a tree, none between them: their own hashes and what the paths of
 * the first and the last have to the left and to the right of them give the root.
 */
final class LeafRangeProof {
  private final long start;
  private final long end;
  private final List<Hash> leaves;
  private final Map<Span, Hash> outside = new HashMap<>();

  /** Leaves from {@code start} on, before {@code end}. */
  private record Span(long start, long end) {}

  private LeafRangeProof(long start, List<Hash> leaves) {
    this.start = start;
    this.end = start + leaves.size();
    this.leaves = leaves;
  }

  /**
   * The root of a tree of {@code size} leaves in which these stand from {@code start} on; empty where the
   * paths are not as long as they must be.
   *
   * @param leaves hashes of leaves, at least one
   * @param first the path of the first (RFC 9162 section 2.1.3)
   * @param last the path of the last
   */
  static Optional<Hash> root(
      long start, List<Hash> leaves, long size, List<Hash> first, List<Hash> last) {
    LeafRangeProof proof = new LeafRangeProof(start, leaves);
    if (leaves.isEmpty()
        || start < 0
        || proof.end > size
        || !proof.take(start, size, first)
        || !proof.take(proof.end - 1, size, last)) {
      return Optional.empty();
    }
    return Optional.of(proof.hash(new Span(0, size)));
  }

  private boolean take(long index, long size, List<Hash> path) {
    List<Span> siblings = new ArrayList<>();
    siblings(index, new Span(0, size), siblings);
    if (siblings.size() != path.size()) {
      return false;
    }
    for (int i = 0; i < path.size(); i++) {
      Span span = siblings.get(i);
      if (isOutside(span)) {
        outside.put(span, path.get(i));
      }
    }
    return true;
  }

  /** What the hashes of a path are over, lowest first. */
  private static void siblings(long index, Span tree, List<Span> to) {
    if (tree.end() - tree.start() == 1) {
      return;
    }
    long split = split(tree);
    if (index < split) {
      siblings(index, new Span(tree.start(), split), to);
      to.add(new Span(split, tree.end()));
    } else {
      siblings(index, new Span(split, tree.end()), to);
      to.add(new Span(tree.start(), split));
    }
  }

  private static long split(Span tree) {
    return tree.start() + Long.highestOneBit(tree.end() - tree.start() - 1);
  }

  private boolean isOutside(Span span) {
    return span.end() <= start || span.start() >= end;
  }

  private Hash hash(Span span) {
    if (isOutside(span)) {
      Hash known = outside.get(span);
      if (known == null) {
        throw new IllegalStateException("bug: no path beside the range goes by " + span);
      }
      return known;
    }
    if (span.start() >= start && span.end() <= end) {
      return MerkleTree.root(
          leaves.subList((int) (span.start() - start), (int) (span.end() - start)));
    }
    long split = split(span);
    return MerkleTree.nodeHash(
        hash(new Span(span.start(), split)), hash(new Span(split, span.end())));
  }
}
