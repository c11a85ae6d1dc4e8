// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.ledger.CommitOutcome.Replayed;
import dev.writ.ledger.StateChange.ConsumeNonce;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nonces go only after their challenge has ended, and never become usable by going. */
@Tag("any-store")
class NoncePurgeTest {
  @TempDir Path folder;
  private Instant now = NOW;

  private Ledger open() throws LedgerException {
    return Ledger.open(
        TestLedgers.store(folder), Samples.ORIGIN, List.of(TestLedgers.SIGNER), () -> now);
  }

  private static Entry with(Hash nonce, Instant expires) {
    return Entry.of(Samples.leaf(), new ConsumeNonce(nonce, expires));
  }

  @Test
  void nonce_beforeItsChallengeEnds_isKept() throws Exception {
    try (Ledger ledger = open()) {
      receipt(commit(ledger, with(Samples.nonce(), NOW.plusSeconds(60))));
      now = NOW.plusSeconds(59);
      receipt(commit(ledger, Samples.entry()));
      assertThat(nonces()).isEqualTo(1);
    }
  }

  @Test
  void case86_purgedNonce_afterTheClockFellBack_staysReplayed() throws Exception {
    Hash nonce = Samples.nonce();
    Instant expires = NOW.plusSeconds(60);
    try (Ledger ledger = open()) {
      receipt(commit(ledger, with(nonce, expires)));
      now = NOW.plus(Duration.ofDays(1));
      receipt(commit(ledger, Samples.entry()));
      assertThat(nonces()).isZero();
      now = NOW;
      assertThat(commit(ledger, with(nonce, expires))).isInstanceOf(Replayed.class);
    }
    try (Ledger ledger = open()) {
      assertThat(commit(ledger, with(nonce, expires))).isInstanceOf(Replayed.class);
      receipt(commit(ledger, with(Samples.nonce(), expires.plusMillis(1))));
    }
  }

  /** The clock was a day ahead once: the purge does not wait until then. */
  @Test
  void purge_afterTheClockWasAhead_goesOn() throws Exception {
    try (Ledger ledger = open()) {
      now = NOW.plus(Duration.ofDays(1));
      receipt(commit(ledger, Samples.entry()));
      now = NOW;
      receipt(commit(ledger, with(Samples.nonce(), NOW.plusSeconds(60))));
      now = NOW.plus(Duration.ofMinutes(5));
      receipt(commit(ledger, Samples.entry()));
      assertThat(nonces()).isZero();
    }
  }

  @Test
  void purge_ofMany_keepsPaceInSmallSteps() throws Exception {
    try (Ledger ledger = open()) {
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        entries.add(with(Samples.nonce(), NOW.plusSeconds(1)));
      }
      receipt(commit(ledger, entries).get(499));
      now = NOW.plus(Duration.ofDays(1));
      for (int i = 0; i < 20; i++) {
        receipt(commit(ledger, with(Samples.nonce(), now.plusSeconds(60))));
      }
      assertThat(nonces()).isEqualTo(20);
    }
  }

  private long nonces() throws Exception {
    try (Connection connection = TestLedgers.connection(folder);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT COUNT(*) FROM nonce")) {
      assertThat(rows.next()).isTrue();
      return rows.getLong(1);
    }
  }
}
