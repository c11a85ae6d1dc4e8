// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows counted in parts of every length are as many as there are. */
@Tag("any-store")
class RowCountTest {
  private static final int ROWS = 30;

  @TempDir Path folder;

  @Test
  void rows_ofKeysOfAnyShape_areCountedOnce() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      List<Entry> entries = new ArrayList<>();
      while (entries.size() < ROWS) {
        entries.add(Samples.issue(Samples.nonce()));
      }
      receipt(commit(ledger, entries).get(ROWS - 1));
    }
    try (Database database = TestLedgers.database(folder)) {
      StoreReader store = new StoreReader(database);
      for (int part : new int[] {1, 7, ROWS - 1, ROWS, ROWS + 1}) {
        RowCount leaves = new RowCount(store, "leaf", List.of("leaf_index"), part);
        assertThat(leaves.all()).as("parts of %s", part).isEqualTo(ROWS);
        assertThat(leaves.after(-1L)).isEqualTo(ROWS);
        assertThat(leaves.after(9L)).isEqualTo(ROWS - 10);
        assertThat(leaves.after(ROWS - 1L)).isZero();
        assertThat(new RowCount(store, "artifact", List.of("jti"), part).all()).isEqualTo(ROWS);
        assertThat(new RowCount(store, "tile", List.of("level", "tile_index"), part).all())
            .isEqualTo(1);
        assertThat(new RowCount(store, "host", List.of("ak_name"), part).all()).isZero();
      }
    }
  }
}
