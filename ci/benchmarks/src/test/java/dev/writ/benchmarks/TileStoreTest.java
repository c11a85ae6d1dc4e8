// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.tlog.Hash;
import dev.writ.tlog.ProofOutcome;
import org.junit.jupiter.api.Test;

class TileStoreTest {
  @Test
  void inclusionProof_acrossTiles_leadsToTheRoot() throws Exception {
    TileStore tree = new TileStore();
    for (int i = 0; i < 700; i++) {
      tree.append(leaf(i));
    }
    for (int i : new int[] {0, 255, 256, 511, 699}) {
      assertThat(tree.inclusionProof(i).verify(leaf(i), tree.root()))
          .isInstanceOf(ProofOutcome.Proven.class);
    }
  }

  private static Hash leaf(int i) {
    return Hash.sha256(new byte[] {(byte) i, (byte) (i >> 8)});
  }
}
