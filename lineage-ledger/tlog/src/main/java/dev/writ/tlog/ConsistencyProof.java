// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import dev.writ.tlog.ProofOutcome.NotProven;
import dev.writ.tlog.ProofOutcome.Proven;
import java.util.List;

/**
 * The nodes that show that a tree only grew: the older tree is a prefix of the newer (RFC 9162
 * section 2.1.4).
 *
 * <p>Holds whatever it was given: only {@link #verify} says whether the numbers and hashes prove
 * anything.
 *
 * @param oldSize number of leaves of the older tree
 * @param newSize number of leaves of the newer tree
 * @param path the nodes in the order of RFC 9162 section 2.1.4.1
 */
public record ConsistencyProof(long oldSize, long newSize, List<Hash> path) {
  /** Copies {@code path}. */
  public ConsistencyProof {
    path = List.copyOf(path);
  }

  /**
   * Whether the tree of {@link #newSize} leaves with {@code newRoot} starts with the tree of {@link
   * #oldSize} leaves with {@code oldRoot}.
   *
   * <p>The clause is defined for 0 &lt; oldSize &lt; newSize. Equal sizes are proven by equal roots
   * and an empty path. From an empty tree nothing can be shown, as every tree starts with it: a
   * caller that has seen no leaves yet asks for no proof.
   */
  public ProofOutcome verify(Hash oldRoot, Hash newRoot) {
    if (oldSize <= 0 || oldSize > newSize) {
      return new NotProven("old size must be in 1 to new size, was " + described());
    }
    int expected = pathLength(oldSize, newSize);
    if (path.size() != expected) {
      return new NotProven(
          "path must have " + expected + " hashes, had " + path.size() + " for " + described());
    }
    if (oldSize == newSize) {
      return oldRoot.equals(newRoot)
          ? new Proven()
          : new NotProven(
              "one size must have one root, had " + oldRoot + " and " + newRoot + " at " + newSize);
    }
    // Step 2: the old tree is complete, so its root is the proof's first node.
    boolean oldTreeIsComplete = Long.bitCount(oldSize) == 1;
    Hash first = oldTreeIsComplete ? oldRoot : path.get(0);
    List<Hash> rest = oldTreeIsComplete ? path : path.subList(1, path.size());
    // Steps 3 and 4.
    long fn = oldSize - 1;
    long sn = newSize - 1;
    while ((fn & 1) == 1) {
      fn >>>= 1;
      sn >>>= 1;
    }
    // Step 5.
    Hash fr = first;
    Hash sr = first;
    // Step 6.
    for (Hash c : rest) {
      if (sn == 0) {
        return new NotProven("path must end at the root, went on above it for " + described());
      }
      if ((fn & 1) == 1 || fn == sn) {
        fr = MerkleTree.nodeHash(c, fr);
        sr = MerkleTree.nodeHash(c, sr);
        while ((fn & 1) == 0 && fn != 0) {
          fn >>>= 1;
          sn >>>= 1;
        }
      } else {
        sr = MerkleTree.nodeHash(sr, c);
      }
      fn >>>= 1;
      sn >>>= 1;
    }
    // Step 7.
    if (sn != 0) {
      return new NotProven("path must reach the root, ended below it for " + described());
    }
    if (!fr.equals(oldRoot)) {
      return new NotProven("old root must be " + oldRoot + ", path leads to " + fr);
    }
    if (!sr.equals(newRoot)) {
      return new NotProven("new root must be " + newRoot + ", path leads to " + sr);
    }
    return new Proven();
  }

  /**
   * The only length that a path between these sizes can have: the path of the old tree's last leaf
   * in the new tree, without the levels that lie inside the last complete subtree of the old tree,
   * whose root stands in their place unless it is the old root itself.
   */
  static int pathLength(long oldSize, long newSize) {
    if (oldSize == newSize) {
      return 0;
    }
    int inside = Long.numberOfTrailingZeros(oldSize);
    int seed = Long.bitCount(oldSize) == 1 ? 0 : 1;
    return seed + InclusionProof.pathLength(oldSize - 1, newSize) - inside;
  }

  private String described() {
    return "sizes " + oldSize + " and " + newSize;
  }
}
