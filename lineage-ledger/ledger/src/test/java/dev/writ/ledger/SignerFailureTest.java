// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Replayed;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.tlog.Hash;
import dev.writ.tlog.NoteSigningException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint key that fails, hangs or comes back, a queue that fills, a disk that stops. */
@Tag("any-store-long")
@Timeout(60)
class SignerFailureTest {
  @TempDir Path folder;
  private final ScriptedSigner signer = new ScriptedSigner();

  @Test
  void case87_failingSigner_leavesEntriesCommittedAndTheNextSuccessCoversThem() throws Exception {
    Hash nonce = Samples.nonce();
    try (Ledger ledger = TestLedgers.open(folder, signer)) {
      signer.failWith(new NoteSigningException("CKR_DEVICE_ERROR", "no token", new Exception()));
      CommitOutcome outcome = commit(ledger, Samples.issue(nonce));
      assertThat(outcome)
          .isEqualTo(new Unavailable(Reached.COMMITTED, "CKR_DEVICE_ERROR", "no token"));
      assertThat(ledger.leaf(0)).as("durable").isPresent();
      assertThat(ledger.size()).as("not signed").isZero();

      signer.recover();
      assertThat(commit(ledger, Samples.issue(nonce))).isInstanceOf(Replayed.class);
      assertThat(receipt(commit(ledger, Samples.entry())).index()).isEqualTo(1);
      assertThat(ledger.inclusionProof(0, ledger.size())).as("covered").isPresent();
    }
  }

  @Test
  void failedHead_isTriedAgainWithoutNewEntries() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder, signer)) {
      signer.failWith(new NoteSigningException("CKR_DEVICE_ERROR", "no token", new Exception()));
      assertThat(commit(ledger, Samples.entry())).isInstanceOf(Unavailable.class);
      signer.recover();
      while (ledger.size() == 0) {
        Thread.sleep(20);
      }
      assertThat(TestLedgers.verified(ledger.checkpoint(), signer).size()).isEqualTo(1);
    }
  }

  @Test
  void case88_signerThatThrowsABug_doesNotEndTheThread() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder, signer)) {
      signer.failWith(new IllegalStateException("bug: injected"));
      assertThat(commit(ledger, Samples.entry()))
          .isInstanceOfSatisfying(
              Unavailable.class,
              outcome -> {
                assertThat(outcome.reached()).isEqualTo(Reached.COMMITTED);
                assertThat(outcome.code()).isEqualTo("bug");
              });
      signer.recover();
      receipt(commit(ledger, Samples.entry()));
    }
  }

  @Test
  void restart_signsTheHeadThatWasLeftUnsigned() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder, signer)) {
      receipt(commit(ledger, Samples.entry()));
      signer.failWith(new NoteSigningException("CKR_DEVICE_ERROR", "no token", new Exception()));
      assertThat(commit(ledger, Samples.entry())).isInstanceOf(Unavailable.class);
      assertThat(ledger.size()).isEqualTo(1);
    }
    signer.recover();
    try (Ledger ledger = TestLedgers.open(folder, signer)) {
      assertThat(TestLedgers.verified(ledger.checkpoint(), signer).size()).isEqualTo(2);
    }
  }

  @Test
  void commits_goOnWhileTheKeySigns_andOneSignatureCoversAllThatWaited() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder, signer)) {
      CountDownLatch gate = signer.hang();
      int before = signer.signatures.get();
      List<CompletableFuture<CommitOutcome>> answers = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        answers.add(ledger.commit(Samples.entry()).toCompletableFuture());
      }
      while (ledger.leaf(49).isEmpty()) {
        Thread.sleep(5);
      }
      assertThat(ledger.size()).as("nothing is signed yet").isZero();
      assertThat(answers).noneMatch(CompletableFuture::isDone);
      gate.countDown();
      for (CompletableFuture<CommitOutcome> answer : answers) {
        receipt(answer.join());
      }
      assertThat(signer.signatures.get() - before).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void hungSigner_answersCommittedWithinThePatience() throws Exception {
    CommitLimits limits = new CommitLimits(100, 100, Duration.ofMillis(300));
    CountDownLatch gate = new CountDownLatch(0);
    try (Ledger ledger = open(limits)) {
      gate = signer.hang();
      CompletableFuture<CommitOutcome> answer =
          ledger.commit(Samples.entry()).toCompletableFuture();
      assertThat(answer.get(20, TimeUnit.SECONDS))
          .isInstanceOfSatisfying(
              Unavailable.class,
              outcome -> assertThat(outcome.reached()).isEqualTo(Reached.COMMITTED));
      gate.countDown();
      while (ledger.size() == 0) {
        Thread.sleep(5);
      }
    } finally {
      gate.countDown();
    }
  }

  @Test
  void fullQueue_isUnavailableAtOnce() throws Exception {
    try (Ledger ledger = open(new CommitLimits(10, 4, Duration.ofSeconds(30)))) {
      CountDownLatch gate = signer.hang();
      List<CompletableFuture<CommitOutcome>> answers = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        answers.add(ledger.commit(Samples.entry()).toCompletableFuture());
      }
      assertThat(commit(ledger, Samples.entry()))
          .isInstanceOfSatisfying(
              Unavailable.class,
              outcome -> {
                assertThat(outcome.reached()).isEqualTo(Reached.NOT_COMMITTED);
                assertThat(outcome.message()).contains("at most 10 entries");
              });
      gate.countDown();
      for (CompletableFuture<CommitOutcome> answer : answers) {
        assertThat(answer.join()).isInstanceOf(Receipt.class);
      }
      receipt(commit(ledger, Samples.entry()));
      assertThat(ledger.size()).isEqualTo(11);
    }
  }

  @Test
  void stoppedDisk_answersByTheDeadlineAndKeepsNothingThatOnlyWaited() throws Exception {
    FaultyDatabase database = new FaultyDatabase(folder);
    CommitLimits limits = new CommitLimits(100, 1, Duration.ofMillis(300));
    try (Ledger ledger =
        Ledger.open(
            database, limits, Samples.ORIGIN, List.of(signer), Samples.CLOCK, LedgerEvents.NONE)) {
      CountDownLatch gate = database.stop();
      CompletableFuture<CommitOutcome> taken = ledger.commit(Samples.entry()).toCompletableFuture();
      CompletableFuture<CommitOutcome> waiting =
          ledger.commit(Samples.entry()).toCompletableFuture();
      assertThat(reached(taken)).isEqualTo(Reached.UNKNOWN);
      assertThat(reached(waiting)).isEqualTo(Reached.NOT_COMMITTED);
      gate.countDown();
      assertThat(receipt(commit(ledger, Samples.entry())).index()).isEqualTo(1);
      assertThat(ledger.leaf(2)).as("what only waited is not in the log").isEmpty();
    }
  }

  private static Reached reached(CompletableFuture<CommitOutcome> answer) throws Exception {
    return ((Unavailable) answer.get(20, TimeUnit.SECONDS)).reached();
  }

  private Ledger open(CommitLimits limits) throws LedgerException {
    return Ledger.open(
        TestLedgers.store(folder, limits), Samples.ORIGIN, List.of(signer), Samples.CLOCK);
  }
}
