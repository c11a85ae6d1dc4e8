// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The leaves that other nodes committed after those that a writer knows. Read twice where they are many,
 * so that none is handed on before all of them are known to lead to the head that is found.
 */
final class OthersLeaves {
  private static final int AT_ONCE = 1 << 14;

  private final TreeReads tree;
  private final RightEdge known;

  /**
   * Leaves after those of an edge.
   *
   * @param tree read within one transaction, or after the head was: what it holds only grows
   */
  OthersLeaves(TreeReads tree, RightEdge known) {
    this.tree = tree;
    this.known = known;
  }

  /** The edge after all of them; empty if what is found does not continue what is known. */
  Optional<RightEdge> upTo(Head found) throws SQLException {
    RightEdge edge = known;
    while (edge.head().size() < found.size()) {
      List<Hash> hashes = next(edge, found);
      if (hashes.isEmpty()) {
        return Optional.empty();
      }
      edge = edge.append(hashes).edge();
    }
    return edge.head().equals(found) ? Optional.of(edge) : Optional.empty();
  }

  /** Hands them on, in their order. */
  void give(Head found, Consumer<CommittedBatch> taker) throws SQLException {
    RightEdge edge = known;
    while (edge.head().size() < found.size()) {
      List<Hash> hashes = next(edge, found);
      if (hashes.isEmpty()) {
        throw new SQLException("the store must keep its tiles, lost one; check it before going on");
      }
      long first = edge.head().size();
      edge = edge.append(hashes).edge();
      taker.accept(CommittedBatch.ofOthers(first, hashes, edge.head()));
    }
  }

  private List<Hash> next(RightEdge edge, Head found) throws SQLException {
    long start = edge.head().size();
    return tree.leafHashes(start, Math.min(found.size(), start + AT_ONCE));
  }
}
