// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.tlog.ProofOutcome.NotProven;
import dev.writ.tlog.ProofOutcome.Proven;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** RFC 9162 section 2.1.3.2, for each leaf of each tree up to 70 leaves. */
class InclusionProofTest {
  private static final int LARGEST = 70;
  private static final List<byte[]> ENTRIES = ReferenceTree.entries(LARGEST);

  static IntStream sizes() {
    return IntStream.rangeClosed(1, LARGEST);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void verify_eachLeaf_isProven(int size) {
    List<byte[]> d = ENTRIES.subList(0, size);
    Hash root = ReferenceTree.mth(d);
    for (int index = 0; index < size; index++) {
      InclusionProof proof = new InclusionProof(index, size, ReferenceTree.path(index, d));
      assertThat(proof.verify(MerkleTree.leafHash(d.get(index)), root)).isEqualTo(new Proven());
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void verify_anyHashFlipped_isNotProven(int size) {
    List<byte[]> d = ENTRIES.subList(0, size);
    Hash root = ReferenceTree.mth(d);
    for (int index = 0; index < size; index++) {
      Hash leaf = MerkleTree.leafHash(d.get(index));
      List<Hash> path = ReferenceTree.path(index, d);
      for (List<Hash> flipped : Flips.eachFlipped(path)) {
        assertNotProven(new InclusionProof(index, size, flipped), leaf, root);
      }
      InclusionProof proof = new InclusionProof(index, size, path);
      assertNotProven(proof, Flips.flip(leaf, index), root);
      assertNotProven(proof, leaf, Flips.flip(root, index));
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void verify_wrongLength_isNotProvenForItsLength(int size) {
    List<byte[]> d = ENTRIES.subList(0, size);
    Hash root = ReferenceTree.mth(d);
    for (int index = 0; index < size; index++) {
      Hash leaf = MerkleTree.leafHash(d.get(index));
      List<Hash> path = ReferenceTree.path(index, d);
      for (List<Hash> wrong : Flips.wrongLengths(path, root)) {
        assertThat(new InclusionProof(index, size, wrong).verify(leaf, root))
            .isInstanceOfSatisfying(
                NotProven.class,
                outcome ->
                    assertThat(outcome.reason())
                        .startsWith(
                            "path must have " + path.size() + " hashes, had " + wrong.size()));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void verify_atAnotherIndex_isNotProven(int size) {
    List<byte[]> d = ENTRIES.subList(0, size);
    Hash root = ReferenceTree.mth(d);
    for (int index = 0; index < size; index++) {
      Hash leaf = MerkleTree.leafHash(d.get(index));
      List<Hash> path = ReferenceTree.path(index, d);
      for (int other = 0; other < size; other++) {
        if (other != index) {
          assertNotProven(new InclusionProof(other, size, path), leaf, root);
        }
      }
    }
  }

  @Test
  void verify_indexAtOrBeyondSize_isNotProven() {
    Hash leaf = MerkleTree.leafHash(new byte[0]);
    for (long[] numbers :
        new long[][] {
          {0, 0},
          {1, 1},
          {5, 4},
          {-1, 4},
          {0, -1},
          {Long.MIN_VALUE, Long.MIN_VALUE},
          {Long.MAX_VALUE, Long.MAX_VALUE}
        }) {
      assertThat(new InclusionProof(numbers[0], numbers[1], List.of()).verify(leaf, leaf))
          .isInstanceOfSatisfying(
              NotProven.class,
              outcome -> assertThat(outcome.reason()).startsWith("leaf index must be in 0"));
    }
  }

  @Test
  void verify_largestTree_takes63HashesAndNotOneMore() {
    Hash leaf = MerkleTree.leafHash(new byte[] {1});
    Hash root = leaf;
    List<Hash> path = new ArrayList<>();
    for (int i = 0; i < 63; i++) {
      Hash sibling = Hash.sha256(new byte[] {(byte) i});
      path.add(sibling);
      root = MerkleTree.nodeHash(root, sibling);
    }
    assertThat(new InclusionProof(0, Long.MAX_VALUE, path).verify(leaf, root))
        .isEqualTo(new Proven());
    path.add(root);
    assertNotProven(new InclusionProof(0, Long.MAX_VALUE, path), leaf, root);
  }

  private static void assertNotProven(InclusionProof proof, Hash leaf, Hash root) {
    assertThat(proof.verify(leaf, root)).isInstanceOf(NotProven.class);
  }
}
