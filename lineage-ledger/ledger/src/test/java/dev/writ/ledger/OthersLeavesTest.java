// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static dev.writ.ledger.TestLedgers.tamper;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.ledger.FaultyDatabase.Fault;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.CompactRange;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.Hash;
import dev.writ.tlog.ProofOutcome;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A node that has much to catch up with, or that is shown leaves which nobody has. */
@Tag("shared-store")
@Timeout(120)
class OthersLeavesTest {
  private static final int BATCH = 1_000;

  @TempDir Path folder;

  /** More than are handed on one by one, and the connection fails while they are read. */
  @Test
  void veryManyLeavesOfAnother_readThroughAFailure_areSignedAsTheStoreHasThem() throws Exception {
    FaultyDatabase faulty = FaultyDatabase.shared(folder);
    try (Ledger behind = CrashPointsTest.open(faulty);
        Ledger other = TestLedgers.open(folder)) {
      Receipt first = receipt(commit(behind, Samples.entry()));
      faulty.awaitIdle(1);
      CountDownLatch gate = faulty.stop();
      int many = 0;
      for (; many <= OthersLeaves.MOST_HASHES; many += BATCH) {
        Receipt unused =
            receipt(commit(other, Stream.generate(Samples::entry).limit(BATCH).toList()).get(0));
      }
      faulty.failAt(8, Fault.NOT_PERSISTED, false);
      gate.countDown();
      while (faulty.faulted().isEmpty()) {
        Thread.sleep(5);
      }
      Receipt next = receipt(commit(behind, Samples.entry()));
      assertThat(next.index()).isEqualTo(first.index() + 1 + many);
      assertContinues(behind, first);
    }
    try (Ledger reopened = TestLedgers.open(folder)) {
      assertThat(reopened.size()).isGreaterThan(OthersLeaves.MOST_HASHES);
    }
  }

  private static void assertContinues(Ledger ledger, Receipt first) throws Exception {
    Checkpoint seen = Checkpoint.parse(first.checkpoint().text());
    Checkpoint newest = TestLedgers.verified(ledger.checkpoint(), TestLedgers.SIGNER);
    ConsistencyProof proof = ledger.consistencyProof(seen.size(), newest.size()).orElseThrow();
    assertThat(proof.verify(seen.root(), newest.root())).isInstanceOf(ProofOutcome.Proven.class);
  }

  /** Head and tile agree; but what the hash stands for is nowhere. */
  @Test
  void hashOfNoLeaf_isNotSigned() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      Receipt first = receipt(commit(ledger, Samples.entry()));
      Hash nobodys = Samples.digest("no leaf has this hash");
      CompactRange range = new CompactRange();
      range.append(first.leaf().hash());
      range.append(nobodys);
      tamper(
          folder,
          "UPDATE tile SET hashes = hashes || decode('"
              + nobodys.hex()
              + "', 'hex');"
              + "UPDATE tree_head SET size = 2, root = decode('"
              + range.root().hex()
              + "', 'hex')");

      assertThat(commit(ledger, Samples.entry()))
          .isInstanceOfSatisfying(
              Unavailable.class,
              it -> assertThat(it.message()).contains("something else wrote to it"));
      assertThat(ledger.size()).isEqualTo(1);
    }
  }

  /** A token that hangs keeps the node from its start, and no other from its work. */
  @Test
  void nodeThatStarts_whileItsTokenHangs_keepsNobodyElseWaiting() throws Exception {
    CountDownLatch answers = new CountDownLatch(1);
    CompletableFuture<Void> asked = new CompletableFuture<>();
    CheckpointKeys hanging =
        known -> {
          asked.complete(null);
          try {
            answers.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          return CheckpointKeys.of(List.of(TestLedgers.SIGNER)).among(known);
        };
    try (Ledger ledger = TestLedgers.open(folder)) {
      CompletableFuture<Ledger> starting =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return Ledger.open(
                      TestLedgers.store(folder),
                      Samples.ORIGIN,
                      hanging,
                      Samples.CLOCK,
                      LedgerEvents.NONE);
                } catch (LedgerException e) {
                  throw new AssertionError(e);
                }
              });
      asked.get();
      assertThat(receipt(commit(ledger, Samples.entry())).index()).isZero();
      answers.countDown();
      try (Ledger started = starting.get()) {
        assertThat(receipt(commit(started, Samples.entry())).index()).isEqualTo(1);
      }
    }
  }

  /** A node of a newer version was started beside this one. */
  @Test
  void storeThatANewerVersionBroughtUp_isWrittenNoMore() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      Receipt unused = receipt(commit(ledger, Samples.entry()));
      int newer = Schema.VERSION + 1;
      tamper(folder, "INSERT INTO schema_version (version) VALUES (" + newer + ")");

      assertThat(commit(ledger, Samples.entry()))
          .isInstanceOfSatisfying(
              Unavailable.class, it -> assertThat(it.message()).contains("newer Writ"));

      tamper(folder, "DELETE FROM schema_version WHERE version = " + newer);
      assertThat(receipt(commit(ledger, Samples.entry())).index()).isEqualTo(1);
    }
  }

  /** A checkpoint of more than is committed would keep every later one out of its row. */
  @Test
  void checkpointOfMoreThanIsCommitted_isNotStored() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      Receipt unused = receipt(commit(ledger, Samples.entry()));
    }
    try (Database database = TestLedgers.database(folder)) {
      WriterSession writer = WriterSession.open(database);
      byte[] before = writer.tree().checkpoint().orElseThrow();
      SignedHead ahead =
          new SignedHead(
              new Head(2, Samples.digest("a root")),
              HeadSigner.sign(
                  Samples.ORIGIN,
                  new Head(2, Samples.digest("a root")),
                  List.of(TestLedgers.SIGNER)));
      writer.treeWrites().putCheckpoint(ahead);
      assertThat(writer.tree().checkpoint()).hasValue(before);
      writer.abort();
    }
  }
}
