// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CompactRangeTest {
  private static final List<byte[]> ENTRIES = ReferenceTree.entries(600);

  @Test
  void root_afterEachAppend_isThatOfTheRecursiveDefinition() {
    CompactRange range = new CompactRange();
    for (int size = 0; size <= 300; size++) {
      assertThat(range.size()).isEqualTo(size);
      assertThat(range.root())
          .as("size %d", size)
          .isEqualTo(ReferenceTree.mth(ENTRIES.subList(0, size)));
      range.append(MerkleTree.leafHash(ENTRIES.get(size)));
    }
  }

  @Test
  void of_eachSizesNodes_goesOnAsTheOriginal() {
    CompactRange range = new CompactRange();
    for (byte[] entry : ENTRIES.subList(0, 70)) {
      CompactRange restored = CompactRange.of(range.size(), range.nodes());
      assertThat(restored.root()).isEqualTo(range.root());
      CompactRange copy = range.copy();
      Hash leaf = MerkleTree.leafHash(entry);
      range.append(leaf);
      restored.append(leaf);
      assertThat(restored.root()).isEqualTo(range.root());
      assertThat(copy.size()).isEqualTo(range.size() - 1);
    }
  }

  @Test
  void append_reportsEachTileHashInItsPlace() {
    Map<String, Hash> reported = new HashMap<>();
    List<String> order = new ArrayList<>();
    CompactRange range = new CompactRange();
    for (byte[] entry : ENTRIES) {
      range.append(
          MerkleTree.leafHash(entry),
          (level, index, hash) -> {
            assertThat(reported.put(level + "/" + index, hash)).isNull();
            order.add(level + "/" + index);
          });
    }
    Map<String, Hash> expected = new HashMap<>();
    for (int i = 0; i < ENTRIES.size(); i++) {
      expected.put("0/" + i, ReferenceTree.mth(ENTRIES.subList(i, i + 1)));
    }
    // MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l]) for l = 1 and full tiles below.
    expected.put("1/0", ReferenceTree.mth(ENTRIES.subList(0, 256)));
    expected.put("1/1", ReferenceTree.mth(ENTRIES.subList(256, 512)));
    assertThat(reported).isEqualTo(expected);
    assertThat(order.indexOf("1/0")).isEqualTo(order.indexOf("0/255") + 1);
  }

  @Test
  void append_fillingATileOfLevel1_reportsItsRootAtLevel2() {
    List<String> level2 = new ArrayList<>();
    CompactRange range = new CompactRange();
    Hash leaf = MerkleTree.leafHash(new byte[0]);
    for (int i = 0; i < 65536; i++) {
      range.append(
          leaf,
          (level, index, hash) -> {
            if (level == 2) {
              level2.add(index + " " + hash);
            }
          });
    }
    assertThat(level2).containsExactly("0 " + range.root());
  }

  @Test
  void of_numberOfNodesThatIsNotOfTheSize_isRefused() {
    Hash hash = MerkleTree.emptyRoot();
    assertThatThrownBy(() -> CompactRange.of(5, List.of(hash)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("one node for each set bit of its size 5, had 1");
    assertThatThrownBy(() -> CompactRange.of(-1, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void append_toTheLargestTree_isRefused() {
    List<Hash> nodes = new ArrayList<>();
    for (int i = 0; i < 63; i++) {
      nodes.add(MerkleTree.emptyRoot());
    }
    CompactRange full = CompactRange.of(Long.MAX_VALUE, nodes);
    assertThatThrownBy(() -> full.append(MerkleTree.emptyRoot()))
        .isInstanceOf(IllegalStateException.class);
  }
}
