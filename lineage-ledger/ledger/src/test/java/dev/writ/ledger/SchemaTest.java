// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.digest;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.Samples.uuid;
import static dev.writ.ledger.TestLedgers.assertRefused;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.FaultyDatabase.Fault;
import dev.writ.ledger.StateChange.RecordOutcome;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that an older version wrote, and what becomes of its rows. */
class SchemaTest {
  @TempDir Path folder;
  private final UuidV7 jti = uuid();
  private final RecordedOutcome ofHolder =
      new RecordedOutcome(jti, digest("holder"), ReportedState.OK, digest(), 1);
  private final RecordedOutcome ofGateway =
      new RecordedOutcome(jti, digest("gateway"), ReportedState.FAILED, digest(), 2);

  @BeforeEach
  void storeOfVersionOne() throws Exception {
    try (Database database = SqliteDatabase.open(SqliteConfig.in(folder));
        Connection writer = database.connectWriter()) {
      Schema.bringTo(1, writer, database.schemaWords());
      Statements statements = new Statements(writer);
      statements.update(
          "INSERT INTO artifact (jti, leaf_index, expires, revoked) VALUES (?, 0, ?, 0)", jti, NOW);
      for (RecordedOutcome each : List.of(ofHolder, ofGateway)) {
        statements.update(
            "INSERT INTO outcome (jti, reporter_kid, state, statement_digest, leaf_index)"
                + " VALUES (?, ?, ?, ?, ?)",
            each.jti(),
            each.reporterKid(),
            each.state(),
            each.statementDigest(),
            each.leafIndex());
      }
      writer.commit();
    }
  }

  private RecordOutcome another(Hash reporterKid, long maxReports) {
    return new RecordOutcome(jti, reporterKid, ReportedState.OK, digest(), maxReports);
  }

  private void assertKept(Ledger ledger) throws LedgerException {
    for (RecordedOutcome each : List.of(ofHolder, ofGateway)) {
      assertThat(ledger.outcome(jti, each.reporterKid(), each.statementDigest())).contains(each);
    }
  }

  @Test
  void versionOne_opened_keepsItsOutcomesAndCountsThem() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      assertKept(ledger);
      assertRefused(ledger, another(ofHolder.reporterKid(), 1), Refusal.OUTCOME_TAKEN);
      receipt(commit(ledger, Entry.of(leaf(), another(ofHolder.reporterKid(), 2))));
      assertRefused(ledger, another(ofHolder.reporterKid(), 2), Refusal.OUTCOME_TAKEN);
    }
    try (Ledger again = TestLedgers.open(folder)) {
      assertKept(again);
      assertRefused(again, another(ofHolder.reporterKid(), 2), Refusal.OUTCOME_TAKEN);
    }
  }

  @Test
  void crashBeforeTheStepsCommit_leavesVersionOneForTheNextStart() throws Exception {
    FaultyDatabase dying = new FaultyDatabase(folder);
    dying.failAt(1, Fault.NOT_PERSISTED, true);

    assertThatThrownBy(() -> CrashPointsTest.open(dying).close())
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("injected");
    assertThat(dying.disarm()).isEqualTo("commit");
    dying.close();

    try (Database database = SqliteDatabase.open(SqliteConfig.in(folder));
        Connection writer = database.connectWriter()) {
      assertThat(
              new Statements(writer)
                  .first(row -> row.getInt(1), "SELECT MAX(version) FROM schema_version"))
          .hasValue(1);
    }
    try (Ledger ledger = TestLedgers.open(folder)) {
      assertKept(ledger);
    }
  }
}
