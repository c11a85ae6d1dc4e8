// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The leaves that other nodes committed after those that a writer knows, each read and hashed here: a hash
 * in a tile, of which nobody has the leaf, is none.
 */
final class OthersLeaves {
  /** So few that the longest of leaves fit into memory. */
  private static final int AT_ONCE = 1 << 10;

  /** Of more the signer gets the peaks alone. */
  static final int MOST_HASHES = 1 << 14;

  private final KeptTree tree;
  private final RightEdge known;

  /**
   * Leaves after those of an edge.
   *
   * @param tree read within one transaction, or after the head was: what it holds only grows
   */
  OthersLeaves(KeptTree tree, RightEdge known) {
    this.tree = tree;
    this.known = known;
  }

  /**
   * What they make of the edge.
   *
   * @param batch for the signer, once all of them are known to lead to the head that is found
   */
  record Followed(RightEdge edge, CommittedBatch batch) {}

  /** The edge after all of them; empty if what is found does not continue what is known. */
  Optional<Followed> upTo(Head found) throws SQLException, LedgerException {
    long first = known.head().size();
    boolean few = found.size() - first <= MOST_HASHES;
    List<Hash> all = new ArrayList<>();
    RightEdge edge = known;
    while (edge.head().size() < found.size()) {
      long start = edge.head().size();
      List<Hash> hashes = tree.leafHashes(start, Math.min(found.size(), start + AT_ONCE));
      if (hashes.isEmpty()) {
        return Optional.empty();
      }
      edge = edge.append(hashes).edge();
      if (few) {
        all.addAll(hashes);
      }
    }
    if (!edge.head().equals(found)) {
      return Optional.empty();
    }
    CommittedBatch batch =
        few ? CommittedBatch.ofOthers(first, all, found) : CommittedBatch.ofManyOthers(first, edge);
    return Optional.of(new Followed(edge, batch));
  }
}
