// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.util.List;

/**
 * The tree as a signer knows it, and the head that it must come to: the writer and this compute a root each
 * in its own way, and only what is one is signed. A tree that went wrong stays so, until the ledger is
 * opened anew. Owned by the signer's thread.
 */
final class SignerTree {
  private RecentTree tree;

  /** The newest head as the writer computed it. */
  private Head expected;

  /** Continues after the leaves of {@code tree}. */
  SignerTree(RecentTree tree) {
    this.tree = tree;
    this.expected = head(tree.proofs());
  }

  private Head head(RecentTree.Proofs proofs) {
    return new Head(tree.size(), proofs.root());
  }

  long size() {
    return tree.size();
  }

  /**
   * Appends the leaves of batches.
   *
   * @throws IllegalStateException if one does not begin where the tree ends
   */
  void append(List<CommittedBatch> batches) {
    for (CommittedBatch batch : batches) {
      expected = batch.head();
      if (batch.first() != tree.size()) {
        throw new IllegalStateException(
            "bug: leaves must come after " + tree.size() + ", came from " + batch.first() + " on");
      }
      batch.leafHashes().forEach(tree::append);
    }
  }

  /** Goes on from the peaks of a batch that has no more; of what came before, nothing can be proven then. */
  void goOnFrom(CommittedBatch many) {
    expected = many.head();
    if (many.first() == tree.size()) {
      tree = new RecentTree(many.range().orElseThrow());
    }
    // Else the tree is not the one that is expected, and no head of it is signed.
  }

  /** What can be signed now, and the proofs under it. */
  record Signable(Head head, RecentTree.Proofs proofs) {}

  /**
   * The head of all leaves.
   *
   * @throws IllegalStateException if it is not the one that the writer came to
   */
  Signable signable() {
    RecentTree.Proofs proofs = tree.proofs();
    Head head = head(proofs);
    if (!expected.equals(head)) {
      throw new IllegalStateException(
          "bug: the head to sign must be "
              + expected
              + ", its leaves give "
              + head
              + "; start the service again");
    }
    return new Signable(head, proofs);
  }

  /** Forgets all leaves but what further ones need; of what is there, nothing can be proven more. */
  void forget() {
    tree.forget();
  }
}
