// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 9162 section 2.1.1. */
class MerkleTreeTest {
  @Test
  void emptyRoot_isHashOfNothing() {
    assertThat(MerkleTree.emptyRoot().hex())
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assertThat(MerkleTree.root(List.of())).isEqualTo(MerkleTree.emptyRoot());
  }

  @Test
  void root_eachSmallSize_isThatOfTheRecursiveDefinition() {
    List<byte[]> entries = ReferenceTree.entries(70);
    for (int size = 0; size <= entries.size(); size++) {
      List<byte[]> d = entries.subList(0, size);
      assertThat(MerkleTree.root(d.stream().map(MerkleTree::leafHash).toList()))
          .as("size %d", size)
          .isEqualTo(ReferenceTree.mth(d));
    }
  }

  @Test
  void leafHash_ofTwoHashes_isNotTheirNode() {
    Hash left = MerkleTree.leafHash("left".getBytes(StandardCharsets.UTF_8));
    Hash right = MerkleTree.leafHash("right".getBytes(StandardCharsets.UTF_8));
    byte[] both = new byte[2 * Hash.BYTES];
    left.copyTo(both, 0);
    right.copyTo(both, Hash.BYTES);
    assertThat(MerkleTree.leafHash(both)).isNotEqualTo(MerkleTree.nodeHash(left, right));
  }
}
