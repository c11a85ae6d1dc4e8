// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.TestLedgers.await;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.failure;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.ledger.FaultyDatabase.Fault;
import dev.writ.tlog.NoteSigningException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The probe says what an entry would come to: it notices disk and key failing, and coming back. */
@Tag("any-store-long")
@Timeout(60)
class ProbeTest {
  private static final CommitLimits HASTY = new CommitLimits(100, 100, Duration.ofMillis(300));

  @TempDir Path folder;
  private final ScriptedSigner signer = new ScriptedSigner();

  private Ledger open(Database database, CommitLimits limits) throws LedgerException {
    return Ledger.open(
        database, limits, Samples.ORIGIN, List.of(signer), Samples.CLOCK, LedgerEvents.NONE);
  }

  private static void assertFails(Ledger ledger, String code, String... words) {
    assertThat(await(ledger.probe()))
        .hasValueSatisfying(
            failure -> {
              assertThat(failure.code()).isEqualTo(code);
              assertThat(failure).hasMessageContainingAll(words).hasMessageNotContaining("\n");
            });
  }

  @Test
  void probe_ofAWorkingLedger_leavesTheTreeAsItWas() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder, signer)) {
      int before = signer.signatures.get();
      assertThat(await(ledger.probe())).isEmpty();
      assertThat(signer.signatures.get()).as("the key has signed").isEqualTo(before + 1);
      receipt(commit(ledger, Samples.entry()));
      String checkpoint = ledger.checkpoint().format();
      for (int i = 0; i < 20; i++) {
        assertThat(await(ledger.probe())).isEmpty();
      }
      assertThat(ledger.checkpoint().format()).isEqualTo(checkpoint);
    }
  }

  @Test
  void keyThatFails_isNoticedWithoutAnyEntryAndSoIsItsRecovery() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder, signer)) {
      signer.failWith(new NoteSigningException("CKR_DEVICE_REMOVED", "no token", new Exception()));
      assertFails(ledger, "CKR_DEVICE_REMOVED", "no token");
      signer.failWith(new IllegalStateException("bug: injected"));
      assertFails(ledger, "bug", "injected");
      signer.recover();
      assertThat(await(ledger.probe())).isEmpty();
    }
  }

  @Test
  void keyThatCameBack_signsTheHeadThatWaited() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder, signer)) {
      signer.failWith(new NoteSigningException("CKR_DEVICE_REMOVED", "no token", new Exception()));
      assertThat(commit(ledger, Samples.entry())).isInstanceOf(Unavailable.class);
      assertFails(ledger, "CKR_DEVICE_REMOVED", "no token");
      signer.recover();
      assertThat(await(ledger.probe())).isEmpty();
      assertThat(ledger.size()).isEqualTo(1);
    }
  }

  @Test
  void keyThatHangs_isNoticedWithinThePatience() throws Exception {
    try (Ledger ledger = open(TestLedgers.database(folder), HASTY)) {
      CountDownLatch gate = signer.hang();
      assertFails(ledger, "ledger", "must sign within 300 ms");
      gate.countDown();
      assertThat(await(ledger.probe())).isEmpty();
    }
  }

  @Test
  void commitThatFails_isNoticedWithItsCode() throws Exception {
    for (Fault fault : Fault.values()) {
      FaultyDatabase database = new FaultyDatabase(folder.resolve(fault.name()));
      try (Ledger ledger = open(database, CommitLimits.DEFAULT)) {
        database.awaitIdle(0);
        for (int step = 1; step < 5; step++) {
          database.failAt(step, fault, false);
          assertFails(ledger, "SQLState 58030", "the store must be writable", "injected at");
          assertThat(await(ledger.probe())).as("it came back").isEmpty();
        }
        assertThat(database.disarm()).isEqualTo("commit");
        receipt(commit(ledger, Samples.entry()));
      }
    }
  }

  @Test
  void diskThatStops_isNoticedWithinThePatience() throws Exception {
    FaultyDatabase database = new FaultyDatabase(folder);
    try (Ledger ledger = open(database, HASTY)) {
      database.awaitIdle(0);
      CountDownLatch gate = database.stop();
      assertFails(ledger, "ledger", "the store must be writable", "must answer within 300 ms");
      gate.countDown();
      assertThat(await(ledger.probe())).isEmpty();
    }
  }

  @Test
  void storeThatAnotherProcessLocks_isNoticedUntilItLetsGo() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder, signer);
        Connection other = TestLedgers.connection(folder);
        Statement statement = other.createStatement()) {
      statement.execute(StoreUnderTest.LOCK);
      assertFails(ledger, StoreUnderTest.LOCKED, "the store must be writable");
      statement.execute("ROLLBACK");
      assertThat(await(ledger.probe())).isEmpty();
    }
  }

  @Test
  void storeThatSomethingElseWroteTo_staysUnusable() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder, signer)) {
      receipt(commit(ledger, Samples.entry()));
      TestLedgers.tamper(folder, "UPDATE tree_head SET size = size + 1");
      assertFails(ledger, "ledger", "something else wrote to it");
      assertThat(failure(ledger.reserveStatusBlock(LATER)))
          .hasMessageContaining("something else wrote to it");
      assertThat(commit(ledger, Samples.entry())).isInstanceOf(Unavailable.class);
    }
  }

  @Test
  void closedLedger_doesNoJob() throws Exception {
    Ledger ledger = TestLedgers.open(folder, signer);
    ledger.close();
    assertFails(ledger, "ledger", "must be open, was closed");
    assertThat(failure(ledger.reserveStatusBlock(LATER)))
        .hasMessageContaining("a block of status indices must be reserved");
  }

  @Test
  void tooManyJobs_failAtOnceAndTheOthersAreDone() throws Exception {
    FaultyDatabase database = new FaultyDatabase(folder);
    try (Ledger ledger = open(database, CommitLimits.DEFAULT)) {
      database.awaitIdle(0);
      CountDownLatch gate = database.stop();
      List<CompletionStage<StatusBlock>> answers = new ArrayList<>();
      for (int i = 0; i < Jobs.IN_FLIGHT; i++) {
        answers.add(ledger.reserveStatusBlock(LATER));
      }
      assertThat(failure(ledger.reserveStatusBlock(LATER)))
          .hasMessageContaining("at most 256 jobs");
      gate.countDown();
      answers.forEach(answer -> assertThat(await(answer).size()).isEqualTo(4096));
      assertThat(await(ledger.reserveStatusBlock(LATER)))
          .as("none was reserved for what was not taken")
          .isEqualTo(StatusBlock.ofNumber(Jobs.IN_FLIGHT));
    }
  }

  @Test
  void jobThatOnlyWaited_isNotDoneOnceItIsAnswered() throws Exception {
    FaultyDatabase database = new FaultyDatabase(folder);
    try (Ledger ledger = open(database, HASTY)) {
      database.awaitIdle(0);
      CountDownLatch gate = database.stop();
      CompletionStage<StatusBlock> taken = ledger.reserveStatusBlock(LATER);
      CompletionStage<StatusBlock> waiting = ledger.reserveStatusBlock(LATER);
      assertThat(failure(taken)).hasMessageContaining("it may be done all the same");
      assertThat(failure(waiting)).hasMessageNotContaining("it may be done all the same");
      gate.countDown();
      assertThat(await(ledger.reserveStatusBlock(LATER)).firstIdx()).isEqualTo(4096);
    }
  }
}
