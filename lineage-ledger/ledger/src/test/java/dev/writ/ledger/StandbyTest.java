// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.fixtures.PostgresServer;
import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Unavailable;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Synchronous replication whose standby is away: what no standby has is neither signed nor answered. */
@Tag("shared-store")
@Timeout(120)
class StandbyTest {
  private PostgresServer server;

  @BeforeEach
  void start() throws Exception {
    server = PostgresServer.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** A wait that somebody cancels, or a time-out ends, is a COMMIT that was done here alone. */
  @Test
  void commitThatNoStandbyHas_isNotSigned_alsoAfterARestart_untilOneHasIt() throws Exception {
    server.createDatabase("standby");
    try (Ledger ledger =
        Ledger.open(
            StoreUnderTest.config(server, "standby", CommitLimits.DEFAULT),
            Samples.ORIGIN,
            List.of(TestLedgers.SIGNER),
            Samples.CLOCK)) {
      Receipt first = receipt(commit(ledger, Samples.entry()));
      wantStandby(true);
      CompletableFuture<CommitOutcome> waits = ledger.commit(Samples.entry()).toCompletableFuture();
      set(
          "DO $$ BEGIN LOOP"
              + " PERFORM pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep';"
              + " EXIT WHEN FOUND; PERFORM pg_stat_clear_snapshot(); PERFORM pg_sleep(0.02);"
              + " END LOOP; END $$");
      assertUnknown(waits.get());
      server.kill();
      server.startAgain();
      assertThat(commit(ledger, Samples.entry())).isInstanceOf(Unavailable.class);
      assertThat(ledger.size()).as("no head is signed").isEqualTo(first.index() + 1);

      wantStandby(false);
      while (ledger.size() < 2) {
        Thread.sleep(20);
        CommitOutcome unused = commit(ledger, Samples.entry());
      }
      Receipt unused = receipt(commit(ledger, Samples.entry()));
    }
  }

  private static void assertUnknown(CommitOutcome outcome) {
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Unavailable.class, it -> assertThat(it.reached()).isNotEqualTo(Reached.NOT_COMMITTED));
  }

  private void wantStandby(boolean wanted) throws Exception {
    set(
        wanted
            ? "ALTER SYSTEM SET synchronous_standby_names = 'nobody'"
            : "ALTER SYSTEM RESET synchronous_standby_names");
    set("SELECT pg_reload_conf()");
    // The setting reaches each process when it next looks.
    set("SELECT pg_sleep(0.5)");
  }

  private void set(String sql) throws Exception {
    PostgresConfig config = StoreUnderTest.config(server, "postgres", CommitLimits.DEFAULT);
    try (Connection connection = new PostgresSource(config).getConnection();
        Statement statement = connection.createStatement()) {
      boolean ignored = statement.execute("SET synchronous_commit = local");
      ignored = statement.execute(sql);
    }
  }
}
