// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Payloads of a store of version 7, and how long they are kept once it was opened. */
@Tag("any-store")
class SchemaEightTest {
  @TempDir Path folder;

  private static void payloadAt(Statements statements, long index) throws Exception {
    statements.update(
        "INSERT INTO payload (leaf_index, bytes) VALUES (?, ?)", index, new byte[] {(byte) index});
  }

  private static void host(Statements statements, long index, HostState state) throws Exception {
    statements.update(
        "INSERT INTO host (ak_name, ek_digest, name, ak_public, state, leaf_index)"
            + " VALUES (?, ?, ?, ?, ?, ?)",
        Samples.akName("host " + index).bytes(),
        Samples.digest(),
        "host " + index,
        new byte[] {1},
        state,
        index);
  }

  @Test
  void storeOfVersionSeven_opened_saysOfEachPayloadHowLongItIsKept() throws Exception {
    try (Database database = TestLedgers.database(folder);
        Connection writer = database.connectWriter()) {
      Schema.bringTo(7, writer, database.schemaWords());
      Statements statements = new Statements(writer);
      new TreeWrites(statements).beginTree(Samples.ORIGIN);
      new TreeWrites(statements).raiseNewestTime(NOW);
      for (long index = 0; index < 6; index++) {
        payloadAt(statements, index);
      }
      statements.update(
          "INSERT INTO policy_epoch (epoch, policy_digest, min_epoch, leaf_index)"
              + " VALUES (1, ?, 1, 0)",
          Samples.digest());
      host(statements, 1, HostState.ACTIVE);
      host(statements, 2, HostState.REVOKED);
      statements.update("INSERT INTO service_start (leaf_index) VALUES (3)");
      statements.update("INSERT INTO service_start (leaf_index) VALUES (4)");
      writer.commit();

      Schema.bringUpToDate(writer, database);

      PayloadRows rows = new PayloadRows(statements);
      assertThat(rows.between(0, 9).stream().map(PayloadRows.Row::retention))
          .containsExactly(
              PayloadRetention.ALWAYS,
              PayloadRetention.IN_USE,
              PayloadRetention.IN_USE,
              PayloadRetention.IN_USE,
              PayloadRetention.IN_USE,
              PayloadRetention.PERIOD);
      assertThat(rows.due(KeptTree.on(statements, Optional.empty()), NOW, 0).later())
          .as("counted from the newest leaf")
          .isEmpty();
      Instant later = NOW.plusMillis(1);
      assertThat(rows.due(KeptTree.on(statements, Optional.empty()), later, 0).later())
          .containsExactly(new PayloadRows.Period(NOW, 2), new PayloadRows.Period(NOW, 3));
      assertThat(rows.purge(rows.due(KeptTree.on(statements, Optional.empty()), later, 0), later))
          .isEqualTo(2);
      assertThat(rows.due(KeptTree.on(statements, Optional.empty()), later, 0).isNothing())
          .isTrue();
      writer.rollback();
    }
  }
}
