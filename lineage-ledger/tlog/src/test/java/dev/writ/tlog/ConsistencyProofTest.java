// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.tlog.ProofOutcome.NotProven;
import dev.writ.tlog.ProofOutcome.Proven;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** RFC 9162 section 2.1.4.2, for each pair of sizes up to 70. */
class ConsistencyProofTest {
  private static final int LARGEST = 70;
  private static final List<byte[]> ENTRIES = ReferenceTree.entries(LARGEST);
  private static final List<Hash> ROOTS =
      IntStream.rangeClosed(0, LARGEST)
          .mapToObj(size -> ReferenceTree.mth(ENTRIES.subList(0, size)))
          .toList();

  static IntStream sizes() {
    return IntStream.rangeClosed(1, LARGEST);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void verify_eachOlderSize_isProven(int newSize) {
    for (int oldSize = 1; oldSize <= newSize; oldSize++) {
      assertThat(proof(oldSize, newSize).verify(ROOTS.get(oldSize), ROOTS.get(newSize)))
          .isEqualTo(new Proven());
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void verify_anyHashFlipped_isNotProven(int newSize) {
    Hash newRoot = ROOTS.get(newSize);
    for (int oldSize = 1; oldSize <= newSize; oldSize++) {
      Hash oldRoot = ROOTS.get(oldSize);
      ConsistencyProof proof = proof(oldSize, newSize);
      for (List<Hash> flipped : Flips.eachFlipped(proof.path())) {
        assertNotProven(new ConsistencyProof(oldSize, newSize, flipped), oldRoot, newRoot);
      }
      assertNotProven(proof, Flips.flip(oldRoot, oldSize), newRoot);
      assertNotProven(proof, oldRoot, Flips.flip(newRoot, oldSize));
      if (oldSize != newSize) {
        assertNotProven(proof, newRoot, oldRoot);
        assertNotProven(proof, newRoot, newRoot);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void verify_wrongLength_isNotProvenForItsLength(int newSize) {
    for (int oldSize = 1; oldSize <= newSize; oldSize++) {
      List<Hash> path = proof(oldSize, newSize).path();
      for (List<Hash> wrong : Flips.wrongLengths(path, ROOTS.get(oldSize))) {
        assertThat(
                new ConsistencyProof(oldSize, newSize, wrong)
                    .verify(ROOTS.get(oldSize), ROOTS.get(newSize)))
            .isInstanceOfSatisfying(
                NotProven.class,
                outcome ->
                    assertThat(outcome.reason())
                        .startsWith(
                            "path must have " + path.size() + " hashes, had " + wrong.size()));
      }
    }
  }

  @Test
  void verify_sizesOutsideTheClause_isNotProven() {
    Hash root = ROOTS.get(1);
    for (long[] sizes :
        new long[][] {{0, 0}, {0, 1}, {2, 1}, {-1, 1}, {-2, -1}, {Long.MAX_VALUE, 1}}) {
      assertThat(new ConsistencyProof(sizes[0], sizes[1], List.of()).verify(root, root))
          .isInstanceOfSatisfying(
              NotProven.class,
              outcome -> assertThat(outcome.reason()).startsWith("old size must be in 1"));
    }
  }

  @Test
  void verify_forkAtOneLeaf_isNotProven() {
    List<byte[]> forked = ReferenceTree.entries(LARGEST);
    forked.set(20, new byte[] {9});
    for (int oldSize = 21; oldSize < LARGEST; oldSize++) {
      List<Hash> path = ReferenceTree.proof(oldSize, forked);
      assertNotProven(
          new ConsistencyProof(oldSize, LARGEST, path),
          ROOTS.get(oldSize),
          ReferenceTree.mth(forked));
    }
  }

  private static ConsistencyProof proof(int oldSize, int newSize) {
    return new ConsistencyProof(
        oldSize, newSize, ReferenceTree.proof(oldSize, ENTRIES.subList(0, newSize)));
  }

  private static void assertNotProven(ConsistencyProof proof, Hash oldRoot, Hash newRoot) {
    assertThat(proof.verify(oldRoot, newRoot)).isInstanceOf(NotProven.class);
  }
}
