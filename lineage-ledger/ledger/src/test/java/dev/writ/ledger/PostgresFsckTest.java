// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.TreeAudit;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The check of a whole store, where it is a database. */
@Tag("shared-store")
class PostgresFsckTest {
  private static final int LEAVES = 300;

  @TempDir Path folder;

  @BeforeEach
  void fill() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; i < LEAVES; i++) {
        entries.add(Samples.issue(Samples.nonce()));
      }
      receipt(commit(ledger, entries).get(LEAVES - 1));
    }
  }

  private List<String> faults() throws LedgerException {
    List<String> faults = new ArrayList<>();
    try (Fsck fsck = Fsck.of(TestLedgers.store(folder))) {
      Fsck.Checked checked = fsck.run(fault -> faults.add(fault.where()), done -> {});
      assertThat(checked.size()).isEqualTo(LEAVES);
    }
    return faults;
  }

  @Test
  void store_asNodesLeftIt_isWhole() throws Exception {
    assertThat(faults()).isEmpty();
  }

  @Test
  void leafThatWasChanged_isNamed() throws Exception {
    TestLedgers.tamper(
        folder, "UPDATE leaf SET bytes = set_byte(bytes, 20, 33) WHERE leaf_index = 270");
    assertThat(faults()).contains("entry 270");
  }

  @Test
  void tileThatWasChanged_isNamed() throws Exception {
    TestLedgers.tamper(
        folder,
        "UPDATE tile SET hashes = set_byte(hashes, 40, (get_byte(hashes, 40) + 1) % 256)"
            + " WHERE level = 0 AND tile_index = 0");
    assertThat(faults()).anyMatch(where -> where.startsWith("tile/0/000"));
  }

  @Test
  void databaseThatFindsItselfTorn_isDamage() throws Exception {
    try (Connection connection = TestLedgers.connection(folder);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE FUNCTION torn() RETURNS bigint LANGUAGE plpgsql AS"
              + " 'BEGIN RAISE EXCEPTION USING ERRCODE = ''data_corrupted'', MESSAGE = ''torn''; END'");
      statement.execute("ALTER TABLE artifact RENAME TO whole");
      statement.execute("CREATE VIEW artifact AS SELECT jti, torn() AS leaf_index FROM whole");
    }
    assertThatThrownBy(this::faults)
        .isInstanceOfSatisfying(LedgerException.class, e -> assertThat(e.isDamage()).isTrue())
        .hasMessageContaining("torn");
  }

  @Test
  void databaseWithoutTheLedgersTables_isDamage() throws Exception {
    TestLedgers.tamper(folder, "DROP TABLE leaf");
    assertThatThrownBy(this::faults)
        .isInstanceOfSatisfying(LedgerException.class, e -> assertThat(e.isDamage()).isTrue())
        .hasMessageContaining("a table leaf");
  }

  /** Nothing keeps other nodes out: who goes on meanwhile is found out, and nothing is said of a moving tree. */
  @Test
  void storeThatGrowsMeanwhile_isNotJudged() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder);
        Fsck fsck = Fsck.of(TestLedgers.store(folder))) {
      assertThatThrownBy(
              () -> {
                Fsck.Checked unused =
                    fsck.run(
                        (TreeAudit.Fault fault) -> {},
                        done -> {
                          var ignored = commit(ledger, Samples.entry());
                        });
              })
          .isInstanceOf(LedgerException.class)
          .hasMessageContainingAll("must be at rest", "stop all nodes");
    }
  }
}
