// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.tlog.CompactRange;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.ProofOutcome;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Proofs picked from nodes in memory, for every small tree and every place where it was cut off. */
class RecentTreeTest {
  private static final int SIZES = 70;

  @Test
  void inclusion_everyLeafOfEverySize_verifiesAgainstTheRootOfRfc6962() {
    for (int forgotten = 0; forgotten < SIZES; forgotten++) {
      List<Hash> leaves = leaves(forgotten);
      CompactRange range = new CompactRange();
      leaves.forEach(range::append);
      RecentTree tree = new RecentTree(range);
      for (int size = forgotten + 1; size <= SIZES; size++) {
        Hash leaf = leafHash(size - 1);
        leaves.add(leaf);
        tree.append(leaf);
        checkAll(tree, leaves, forgotten);
      }
    }
  }

  @Test
  void forget_afterEverySize_provesWhatComesAfter() {
    RecentTree tree = new RecentTree(new CompactRange());
    List<Hash> leaves = new ArrayList<>();
    for (int size = 1; size <= 300; size++) {
      Hash leaf = leafHash(size - 1);
      leaves.add(leaf);
      tree.append(leaf);
      checkAll(tree, leaves, size - 1);
      tree.forget();
    }
  }

  @Test
  void root_withoutLeaves_isThatOfTheEmptyTree() {
    assertThat(new RecentTree(new CompactRange()).proofs().root())
        .isEqualTo(MerkleTree.emptyRoot());
  }

  private static void checkAll(RecentTree tree, List<Hash> leaves, int from) {
    Hash root = recursiveRoot(leaves);
    RecentTree.Proofs proofs = tree.proofs();
    assertThat(proofs.root()).isEqualTo(root);
    for (int index = from; index < leaves.size(); index++) {
      InclusionProof proof = proofs.inclusion(index);
      assertThat(proof.verify(leaves.get(index), root))
          .as("leaf %d of %d, from %d on", index, leaves.size(), from)
          .isInstanceOf(ProofOutcome.Proven.class);
    }
  }

  /** MTH of RFC 6962 section 2.1, as it is written there. */
  private static Hash recursiveRoot(List<Hash> leaves) {
    if (leaves.size() == 1) {
      return leaves.get(0);
    }
    int split = Integer.highestOneBit(leaves.size() - 1);
    return MerkleTree.nodeHash(
        recursiveRoot(leaves.subList(0, split)),
        recursiveRoot(leaves.subList(split, leaves.size())));
  }

  private static List<Hash> leaves(int count) {
    List<Hash> leaves = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      leaves.add(leafHash(i));
    }
    return leaves;
  }

  private static Hash leafHash(int index) {
    return Samples.digest("leaf " + index);
  }
}
