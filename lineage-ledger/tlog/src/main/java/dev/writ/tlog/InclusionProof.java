// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import dev.writ.tlog.ProofOutcome.NotProven;
import dev.writ.tlog.ProofOutcome.Proven;
import java.util.List;

/**
 * The path that leads from one leaf to the root of a tree (RFC 9162 section 2.1.3).
 *
 * <p>Holds whatever it was given: only {@link #verify} says whether the numbers and hashes prove
 * anything.
 *
 * @param index the leaf's zero-based place in the tree
 * @param treeSize number of leaves of the tree
 * @param path the siblings of the nodes from the leaf up to below the root, lowest first
 */
public record InclusionProof(long index, long treeSize, List<Hash> path) {
  /** Copies {@code path}. */
  public InclusionProof {
    path = List.copyOf(path);
  }

  /** Whether the leaf with {@code leafHash} stands at {@link #index} in the tree with {@code root}. */
  public ProofOutcome verify(Hash leafHash, Hash root) {
    // Step 1: "If leaf_index is greater than or equal to tree_size, then fail".
    if (index < 0 || index >= treeSize) {
      return new NotProven("leaf index must be in 0 to tree size - 1, was " + described());
    }
    int expected = pathLength(index, treeSize);
    if (path.size() != expected) {
      return new NotProven(
          "path must have " + expected + " hashes, had " + path.size() + " for " + described());
    }
    // Steps 2 and 3.
    long fn = index;
    long sn = treeSize - 1;
    Hash r = leafHash;
    // Step 4.
    for (Hash p : path) {
      if (sn == 0) {
        return new NotProven("path must end at the root, went on above it for " + described());
      }
      if ((fn & 1) == 1 || fn == sn) {
        r = MerkleTree.nodeHash(p, r);
        while ((fn & 1) == 0 && fn != 0) {
          fn >>>= 1;
          sn >>>= 1;
        }
      } else {
        r = MerkleTree.nodeHash(r, p);
      }
      fn >>>= 1;
      sn >>>= 1;
    }
    // Step 5.
    if (sn != 0) {
      return new NotProven("path must reach the root, ended below it for " + described());
    }
    if (!r.equals(root)) {
      return new NotProven("root must be " + root + ", path leads to " + r);
    }
    return new Proven();
  }

  /**
   * The only length that a path from {@code index} can have: one sibling on each level below the
   * node where the leaf's way joins the right edge, and above it one for each left subtree.
   */
  static int pathLength(long index, long treeSize) {
    int inner = Long.SIZE - Long.numberOfLeadingZeros(index ^ (treeSize - 1));
    return inner + Long.bitCount(index >>> inner);
  }

  private String described() {
    return "index " + index + " and size " + treeSize;
  }
}
