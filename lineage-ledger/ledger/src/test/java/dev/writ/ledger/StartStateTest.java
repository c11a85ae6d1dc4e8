// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.ledger.StateChange.RecordStart;
import java.nio.file.Path;
import java.sql.Connection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which leaf says last that the service was started. */
@Tag("any-store")
class StartStateTest {
  @TempDir Path folder;

  @Test
  void newestStart_ofALedgerWithout_isEmpty() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      receipt(commit(ledger, Samples.entry()));

      assertThat(ledger.newestStart()).isEmpty();
    }
  }

  @Test
  void newestStart_ofSeveral_isTheLastAndIsKept() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      receipt(commit(ledger, Entry.of(leaf(), new RecordStart())));
      receipt(commit(ledger, Samples.entry()));
      receipt(commit(ledger, Entry.of(leaf(), new RecordStart())));
      receipt(commit(ledger, Samples.entry()));

      assertThat(ledger.newestStart()).hasValue(2);
    }
    try (Ledger again = TestLedgers.open(folder)) {
      assertThat(again.newestStart()).hasValue(2);
    }
  }

  @Test
  void storeOfVersionSix_opened_takesAStart() throws Exception {
    try (Database database = TestLedgers.database(folder);
        Connection writer = database.connectWriter()) {
      Schema.bringTo(6, writer, database.schemaWords());
    }
    try (Ledger ledger = TestLedgers.open(folder)) {
      assertThat(ledger.newestStart()).isEmpty();
      receipt(commit(ledger, Entry.of(leaf(), new RecordStart())));

      assertThat(ledger.newestStart()).hasValue(0);
    }
  }
}
