// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.fail;

import dev.writ.tlog.ProofOutcome.NotProven;
import dev.writ.tlog.ProofOutcome.Proven;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Every inclusion proof and every consistency proof of every tree up to 300 leaves: as RFC 9162 section
 * 2.1 defines it, as tiles give it, and with each of its hashes changed. So many are compared without a
 * library's words.
 */
class ExhaustiveProofsTest {
  private static final int LARGEST = 300;
  private static final List<byte[]> ENTRIES = ReferenceTree.entries(LARGEST);

  private final Map<Integer, Hash> known = new HashMap<>();
  private final MemoryTiles tiles = MemoryTiles.of(LARGEST);

  /** MTH(D[start:end]), each range once. */
  private Hash mth(int start, int end) {
    Hash hash = known.get(start * 512 + end);
    if (hash == null) {
      int split = start + split(end - start);
      hash =
          end - start == 1
              ? ReferenceTree.mth(ENTRIES.subList(start, end))
              : ReferenceTree.node(mth(start, split), mth(split, end));
      known.put(start * 512 + end, hash);
    }
    return hash;
  }

  /** The largest power of two below {@code n}. */
  private static int split(int n) {
    return Math.max(1, Integer.highestOneBit(n - 1));
  }

  /** PATH(m, D[start:end]). */
  private List<Hash> path(int m, int start, int end) {
    List<Hash> path = new ArrayList<>();
    if (end - start > 1) {
      int split = start + split(end - start);
      path.addAll(m < split ? path(m, start, split) : path(m, split, end));
      path.add(m < split ? mth(split, end) : mth(start, split));
    }
    return path;
  }

  /** SUBPROOF(m, D[start:end], known). */
  private List<Hash> proof(int m, int start, int end, boolean known) {
    List<Hash> proof = new ArrayList<>();
    if (m == end) {
      if (!known) {
        proof.add(mth(start, end));
      }
      return proof;
    }
    int split = start + split(end - start);
    proof.addAll(m <= split ? proof(m, start, split, known) : proof(m, split, end, false));
    proof.add(m <= split ? mth(split, end) : mth(start, split));
    return proof;
  }

  @Test
  void inclusionProof_ofEachLeafOfEachTree_holdsAndNoHashOfItMayChange() throws Exception {
    for (int size = 1; size <= LARGEST; size++) {
      Hash root = mth(0, size);
      TileTree tree = new TileTree(tiles, size);
      for (int index = 0; index < size; index++) {
        Hash leaf = mth(index, index + 1);
        InclusionProof proof = tree.inclusionProof(index);
        if (!proof.equals(new InclusionProof(index, size, path(index, 0, size)))) {
          fail("the tiles must give the path of %d in %d, gave %s", index, size, proof);
        }
        require(proof.verify(leaf, root) instanceof Proven, "path", index, size, -1);
        List<List<Hash>> flipped = Flips.eachFlipped(proof.path());
        for (int i = 0; i < flipped.size(); i++) {
          InclusionProof wrong = new InclusionProof(index, size, flipped.get(i));
          require(wrong.verify(leaf, root) instanceof NotProven, "path", index, size, i);
        }
        require(
            proof.verify(Flips.flip(leaf, index), root) instanceof NotProven,
            "path of another leaf",
            index,
            size,
            -1);
      }
    }
  }

  @Test
  void consistencyProof_ofEachPairOfSizes_holdsAndNoHashOfItMayChange() throws Exception {
    for (int size = 1; size <= LARGEST; size++) {
      Hash root = mth(0, size);
      TileTree tree = new TileTree(tiles, size);
      for (int old = 1; old <= size; old++) {
        Hash older = mth(0, old);
        ConsistencyProof proof = tree.consistencyProof(old);
        if (!proof.equals(new ConsistencyProof(old, size, proof(old, 0, size, true)))) {
          fail("the tiles must give the proof from %d to %d, gave %s", old, size, proof);
        }
        require(proof.verify(older, root) instanceof Proven, "proof", old, size, -1);
        List<List<Hash>> flipped = Flips.eachFlipped(proof.path());
        for (int i = 0; i < flipped.size(); i++) {
          ConsistencyProof wrong = new ConsistencyProof(old, size, flipped.get(i));
          require(wrong.verify(older, root) instanceof NotProven, "proof", old, size, i);
        }
        require(
            proof.verify(Flips.flip(older, old), root) instanceof NotProven,
            "proof from another root",
            old,
            size,
            -1);
      }
    }
  }

  private static void require(boolean holds, String what, int from, int size, int flipped) {
    if (!holds) {
      fail(
          "the %s from %d in %d must %s",
          what, from, size, flipped < 0 ? "be judged rightly" : "not hold with hash " + flipped);
    }
  }
}
