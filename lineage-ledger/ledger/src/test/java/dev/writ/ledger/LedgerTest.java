// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.Leaf;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.TlogProof;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entries, receipts, proofs and reads on a real store. */
@Tag("any-store")
class LedgerTest {
  @TempDir Path folder;

  @Test
  void commit_ofOneEntry_givesAReceiptThatVerifies() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      Leaf leaf = Samples.leaf();
      Receipt receipt = receipt(commit(ledger, Entry.of(leaf)));
      assertThat(receipt.index()).isZero();
      assertThat(receipt.leaf()).isEqualTo(leaf);
      assertThat(ledger.leaf(0)).contains(leaf);
      assertThat(ledger.leaf(1)).isEmpty();
      assertThat(ledger.leaf(-1)).isEmpty();
      assertThat(TlogProof.parse(receipt.tlogProof().format()).checkpoint())
          .isEqualTo(Checkpoint.parse(receipt.checkpoint().text()));
    }
  }

  @Test
  void commit_ofManyTogether_keepsTheirOrder() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; i < 5_000; i++) {
        entries.add(Samples.entry());
      }
      List<CommitOutcome> outcomes = commit(ledger, entries);
      for (int i = 0; i < entries.size(); i++) {
        Receipt receipt = (Receipt) outcomes.get(i);
        assertThat(receipt.index()).isEqualTo(i);
        assertThat(receipt.leaf()).isSameAs(entries.get(i).leaf());
      }
      TestLedgers.verify((Receipt) outcomes.get(4_321));
    }
  }

  @Test
  void commit_ofNone_answersAtOnce() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      assertThat(commit(ledger, List.of())).isEmpty();
    }
  }

  @Test
  void commit_fromManyThreads_answersEachWithItsOwnProof() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      List<CompletableFuture<CommitOutcome>> answers = new ArrayList<>();
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 8; t++) {
        Thread thread =
            new Thread(
                () -> {
                  for (int i = 0; i < 200; i++) {
                    var answer = ledger.commit(Samples.entry()).toCompletableFuture();
                    synchronized (answers) {
                      answers.add(answer);
                    }
                  }
                });
        thread.start();
        threads.add(thread);
      }
      for (Thread thread : threads) {
        thread.join();
      }
      boolean[] seen = new boolean[1_600];
      for (CompletableFuture<CommitOutcome> answer : answers) {
        Receipt receipt = receipt(answer.join());
        assertThat(seen[(int) receipt.index()]).isFalse();
        seen[(int) receipt.index()] = true;
      }
      assertThat(seen).doesNotContain(false);
    }
  }

  @Test
  void checkpoint_ofAnEmptyLedger_isSigned() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      assertThat(TestLedgers.verified(ledger.checkpoint(), TestLedgers.SIGNER).size()).isZero();
    }
  }

  @Test
  void checkpoint_underTwoKeys_hasALineOfEach() throws Exception {
    NoteSigner ed25519 = Samples.ed25519Signer();
    try (Ledger ledger = TestLedgers.open(folder, TestLedgers.SIGNER, ed25519)) {
      Receipt receipt = receipt(commit(ledger, Samples.entry()));
      assertThat(receipt.checkpoint().signatures()).hasSize(2);
      assertThat(TestLedgers.verified(receipt.checkpoint(), ed25519).size()).isEqualTo(1);
    }
  }

  @Test
  void proofs_forEverySizeAndIndex_verify() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      List<Checkpoint> checkpoints = new ArrayList<>();
      List<Leaf> leaves = new ArrayList<>();
      for (int size = 1; size <= 40; size++) {
        Receipt receipt = receipt(commit(ledger, Samples.entry()));
        leaves.add(receipt.leaf());
        checkpoints.add(Checkpoint.parse(receipt.checkpoint().text()));
      }
      for (Checkpoint at : checkpoints) {
        for (int index = 0; index < at.size(); index++) {
          assertThat(
                  ledger
                      .inclusionProof(index, at.size())
                      .orElseThrow()
                      .verify(leaves.get(index).hash(), at.root()))
              .isInstanceOf(ProofOutcome.Proven.class);
          Checkpoint older = checkpoints.get(index);
          assertThat(
                  ledger
                      .consistencyProof(older.size(), at.size())
                      .orElseThrow()
                      .verify(older.root(), at.root()))
              .isInstanceOf(ProofOutcome.Proven.class);
        }
      }
    }
  }

  @Test
  void proofs_outsideTheSignedTree_areAbsent() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      receipt(commit(ledger, Samples.entry()));
      assertThat(ledger.inclusionProof(0, 2)).isEmpty();
      assertThat(ledger.inclusionProof(1, 1)).isEmpty();
      assertThat(ledger.inclusionProof(-1, 1)).isEmpty();
      assertThat(ledger.inclusionProof(0, 0)).isEmpty();
      assertThat(ledger.consistencyProof(0, 1)).isEmpty();
      assertThat(ledger.consistencyProof(2, 1)).isEmpty();
      assertThat(ledger.consistencyProof(1, 2)).isEmpty();
    }
  }

  @Test
  void reopen_afterClose_goesOnFromTheStoredCheckpoint() throws Exception {
    String last;
    try (Ledger ledger = TestLedgers.open(folder)) {
      receipt(commit(ledger, Samples.entry()));
      receipt(commit(ledger, Samples.entry()));
      last = ledger.checkpoint().format();
    }
    try (Ledger ledger = TestLedgers.open(folder)) {
      assertThat(ledger.checkpoint().format()).as("not signed again").isEqualTo(last);
      Receipt receipt = receipt(commit(ledger, Samples.entry()));
      assertThat(receipt.index()).isEqualTo(2);
    }
  }

  @Test
  void reopen_underASuccessorBesideItsKey_signsTheHeadWithBoth() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      receipt(commit(ledger, Samples.entry()));
    }
    NoteSigner successor = Samples.p256Signer();
    try (Ledger ledger = TestLedgers.open(folder, TestLedgers.SIGNER, successor)) {
      assertThat(TestLedgers.verified(ledger.checkpoint(), TestLedgers.SIGNER).size()).isEqualTo(1);
      assertThat(TestLedgers.verified(ledger.checkpoint(), successor).size()).isEqualTo(1);
      receipt(commit(ledger, Samples.entry()));
    }
    try (Ledger ledger = TestLedgers.open(folder, successor)) {
      assertThat(TestLedgers.verified(ledger.checkpoint(), successor).size()).isEqualTo(2);
    }
  }

  @Test
  void commit_afterClose_isUnavailable() throws Exception {
    Ledger ledger = TestLedgers.open(folder);
    ledger.close();
    assertThat(commit(ledger, Samples.entry()))
        .isInstanceOfSatisfying(
            Unavailable.class,
            outcome -> {
              assertThat(outcome.reached()).isEqualTo(CommitOutcome.Reached.NOT_COMMITTED);
              assertThat(outcome.message()).contains("must be open");
            });
  }

  @Test
  void erasePayload_leavesEveryProofIntactAndNoByteOnDisk() throws Exception {
    String secret = "a name that somebody wants forgotten ".repeat(400);
    Receipt before;
    try (Ledger ledger = TestLedgers.open(folder)) {
      Entry entry = Samples.entry().withPayload(secret.getBytes(StandardCharsets.UTF_8));
      before = receipt(commit(ledger, entry));
      assertThat(ledger.payload(0)).contains(secret.getBytes(StandardCharsets.UTF_8));
      // A server makes room of pages in its own time.
      assertThat(StoreUnderTest.POSTGRES || onDisk(secret)).isTrue();

      assertThat(ledger.payloads().erase(0)).isTrue();

      assertThat(ledger.payload(0)).isEmpty();
      assertThat(ledger.payloads().erase(0)).isFalse();
      assertThat(StoreUnderTest.POSTGRES || !onDisk(secret)).isTrue();
      assertThat(ledger.leaf(0)).contains(before.leaf());
      Receipt after = receipt(commit(ledger, Samples.entry()));
      Checkpoint now = Checkpoint.parse(after.checkpoint().text());
      assertThat(
              ledger
                  .inclusionProof(0, now.size())
                  .orElseThrow()
                  .verify(before.leaf().hash(), now.root()))
          .isInstanceOf(ProofOutcome.Proven.class);
    }
    TestLedgers.verify(before);
    TestLedgers.open(folder).close();
  }

  /** Whether any file of the store holds the beginning of {@code text}. */
  private boolean onDisk(String text) throws Exception {
    String start = text.substring(0, 30);
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(start)) {
          return true;
        }
      }
    }
    return false;
  }
}
