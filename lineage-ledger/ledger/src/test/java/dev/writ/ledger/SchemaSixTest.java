// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.digest;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.Samples.leafAt;
import static dev.writ.ledger.Samples.uuid;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.FaultyDatabase.Fault;
import dev.writ.ledger.StateChange.ProposeOperation;
import dev.writ.ledger.StateChange.PublishTrust;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.SetKey;
import dev.writ.ledger.StateChange.VoidArtifactsBetween;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store of version 5 with a tree, keys and artifacts, and what it is once it was opened. */
class SchemaSixTest {
  @TempDir Path newer;
  @TempDir Path folder;
  private final Hash active = digest();
  private final Hash retired = digest();
  private final UuidV7 artifact = uuid();

  @BeforeEach
  void storeOfVersionFive() throws Exception {
    try (Ledger ledger = TestLedgers.open(newer)) {
      receipt(commit(ledger, Samples.entry()));
      receipt(
          commit(
              ledger,
              Entry.of(leaf(), new SetKey(active, KeyRole.ISSUER, KeyState.ACTIVE, NOW, LATER))));
      receipt(
          commit(
              ledger,
              Entry.of(leaf(artifact), new RecordArtifact(artifact, LATER, Optional.empty()))));
      receipt(commit(ledger, Entry.of(leafAt(NOW.plusSeconds(5)))));
    }
    try (Database database = SqliteDatabase.open(SqliteConfig.in(folder));
        Connection writer = database.connectWriter()) {
      Schema.bringTo(5, writer, database.schemaWords());
      copyRows(writer, newer.resolve("ledger.db"));
      new Statements(writer)
          .update(
              "INSERT INTO signing_key (kid, role, state, not_before, not_after, leaf_index)"
                  + " VALUES (?, ?, ?, ?, ?, 3)",
              retired,
              KeyRole.ISSUER,
              KeyState.RETIRED,
              NOW,
              LATER);
      writer.commit();
    }
  }

  /** All that the tables of version 5 have places for. */
  private static void copyRows(Connection writer, Path from) throws SQLException {
    writer.setAutoCommit(true);
    Statements statements = new Statements(writer);
    statements.update("ATTACH DATABASE '" + from + "' AS newer");
    writer.setAutoCommit(false);
    List<String> tables =
        statements.all(
            row -> row.getString(1),
            "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name <> 'schema_version'");
    for (String table : tables) {
      String columns =
          String.join(
              ", ",
              statements.all(
                  row -> row.getString(1), "SELECT name FROM pragma_table_info(?)", table));
      statements.update(
          "INSERT INTO main."
              + table
              + " ("
              + columns
              + ") SELECT "
              + columns
              + " FROM newer."
              + table);
    }
    writer.commit();
  }

  private void assertBroughtUp(Ledger ledger) throws Exception {
    assertThat(ledger.size()).isEqualTo(4);
    assertThat(ledger.newestLeafTime()).contains(NOW.plusSeconds(5));
    SigningKey signs = ledger.key(active).orElseThrow();
    assertThat(signs.activatedIndex()).hasValue(1);
    assertThat(signs.endedIndex()).isEmpty();
    SigningKey signed = ledger.key(retired).orElseThrow();
    assertThat(signed.activatedIndex()).as("as wide as can be").hasValue(0);
    assertThat(signed.endedIndex()).hasValue(3);
    assertThat(ledger.operations(1)).isEmpty();
    assertThat(ledger.latestTrust()).isEmpty();
  }

  @Test
  void versionFive_opened_hasWhatSixKeeps_andTakesWhatItAdds() throws Exception {
    ProposeOperation operation =
        new ProposeOperation(digest(), new byte[] {1}, "key/issuer", Optional.empty(), LATER);
    try (Ledger ledger = TestLedgers.open(folder)) {
      assertBroughtUp(ledger);
      receipt(commit(ledger, Entry.of(leaf(), operation, new PublishTrust(1, new byte[] {1}))));
      receipt(commit(ledger, Entry.of(leaf(), new VoidArtifactsBetween(1, 3))));
      assertThat(ledger.artifact(artifact).orElseThrow().revoked()).isTrue();
    }
    try (Ledger again = TestLedgers.open(folder)) {
      assertThat(again.operation(operation.operation())).isPresent();
      assertThat(again.newestLeafTime()).contains(NOW.plusSeconds(5));
      assertThat(again.size()).isEqualTo(6);
    }
  }

  @Test
  void crashAtEachStepOfTheOpening_leavesAStoreThatTheNextStartBringsUp() throws Exception {
    int crashes = 0;
    for (boolean opened = false; !opened; ) {
      FaultyDatabase dying = new FaultyDatabase(folder);
      dying.failAt(crashes + 1, Fault.NOT_PERSISTED, true);
      try {
        CrashPointsTest.open(dying).close();
        opened = dying.disarm().isEmpty();
      } catch (LedgerException e) {
        assertThat(e).hasMessageContaining("injected");
      } finally {
        dying.close();
      }
      crashes += opened ? 0 : 1;
    }
    assertThat(crashes).isGreaterThan(1);
    try (Ledger ledger = TestLedgers.open(folder)) {
      assertBroughtUp(ledger);
    }
  }
}
