// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.tlog.CompactRange;
import dev.writ.tlog.NoteSigningException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the ledger has in its memory is bounded while a disk or a key hangs for many times its patience
 * and callers go on, and all of it is free again once they come back.
 */
@Tag("any-store-long")
@Timeout(60)
class BoundsTest {
  private static final int PLACES = 50;
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final CommitLimits LIMITS = new CommitLimits(PLACES, 8, PATIENCE);
  private static final CompactRange EMPTY = CompactRange.of(0, List.of());
  private static final Duration LONG = PATIENCE.multipliedBy(4);

  @TempDir Path folder;
  private final ScriptedSigner signer = new ScriptedSigner();

  private Ledger open(Database database) throws LedgerException {
    return Ledger.open(
        database, LIMITS, Samples.ORIGIN, List.of(signer), Samples.CLOCK, LedgerEvents.NONE);
  }

  /** Commits one after the other without waiting, for many times the patience; all are answered. */
  private static List<Unavailable> commitForLong(Ledger ledger) throws Exception {
    List<CompletableFuture<CommitOutcome>> answers = new ArrayList<>();
    long start = System.nanoTime();
    while (System.nanoTime() - start < LONG.toNanos()) {
      answers.add(
          ledger.commit(Samples.entry().withPayload(new byte[1_000])).toCompletableFuture());
      Thread.sleep(1);
    }
    List<Unavailable> outcomes = new ArrayList<>();
    for (CompletableFuture<CommitOutcome> answer : answers) {
      outcomes.add((Unavailable) answer.join());
    }
    return outcomes;
  }

  private static long saying(List<Unavailable> outcomes, String words) {
    return outcomes.stream().filter(outcome -> outcome.message().contains(words)).count();
  }

  /** All places at once, which is refused as long as one is missing. */
  private static void assertAllPlacesAreFree(Ledger ledger) throws Exception {
    List<Entry> all = Collections.nCopies(PLACES, Samples.entry());
    List<CommitOutcome> outcomes = TestLedgers.commit(ledger, all);
    while (outcomes.stream().anyMatch(Unavailable.class::isInstance)) {
      Thread.sleep(20);
      outcomes = TestLedgers.commit(ledger, all);
    }
    for (CommitOutcome outcome : outcomes) {
      receipt(outcome);
    }
  }

  @Test
  void keyThatHangs_holdsNoMoreEntriesThanThereArePlaces() throws Exception {
    try (Ledger ledger = open(TestLedgers.database(folder))) {
      CountDownLatch gate = signer.hang();
      List<Unavailable> outcomes = commitForLong(ledger);
      long expired = saying(outcomes, "must answer within");
      assertThat(expired).isBetween(1L, (long) PLACES);
      assertThat(ledger.leaf(expired - 1)).as("what was taken is durable").isPresent();
      assertThat(ledger.leaf(PLACES)).as("and no more is").isEmpty();
      gate.countDown();
      assertAllPlacesAreFree(ledger);
      assertThat(ledger.inclusionProof(0, ledger.size())).as("covered").isPresent();
    }
  }

  @Test
  void diskThatHangs_holdsNoMoreEntriesThanThereArePlaces() throws Exception {
    FaultyDatabase database = new FaultyDatabase(folder);
    try (Ledger ledger = open(database)) {
      database.awaitIdle(0);
      CountDownLatch gate = database.stop();
      List<Unavailable> outcomes = commitForLong(ledger);
      assertThat(saying(outcomes, "must answer within")).isEqualTo(PLACES);
      assertThat(saying(outcomes, "at most 50 entries")).isEqualTo(outcomes.size() - PLACES);
      gate.countDown();
      assertAllPlacesAreFree(ledger);
    }
  }

  @Test
  void keyThatFailsForLong_stopsTheLogFromGrowingUntilItSigns() throws Exception {
    try (Ledger ledger = open(TestLedgers.database(folder))) {
      signer.failWith(new NoteSigningException("CKR_DEVICE_ERROR", "no token", new Exception()));
      List<Unavailable> outcomes = commitForLong(ledger);
      assertThat(outcomes.get(0).reached()).isEqualTo(Reached.COMMITTED);
      Unavailable last = outcomes.get(outcomes.size() - 1);
      assertThat(last.reached()).isEqualTo(Reached.NOT_COMMITTED);
      assertThat(last.message()).contains("the newest head must be signed within 1000 ms");
      // Of what the writer was at when its deadline came, the caller hears UNKNOWN, and it is kept.
      long kept = outcomes.stream().filter(it -> it.reached() != Reached.NOT_COMMITTED).count();
      assertThat(ledger.leaf(kept - 1)).isPresent();
      assertThat(ledger.leaf(kept)).isEmpty();
      assertThat(commit(ledger, Samples.entry())).isEqualTo(last);
      assertThat(ledger.leaf(kept)).isEmpty();
      signer.recover();
      assertAllPlacesAreFree(ledger);
    }
  }

  @Test
  void commitThatIsInDoubt_givesItsPlacesBackOnceTheStoreHasSaid() throws Exception {
    for (FaultyDatabase.Fault fault : FaultyDatabase.Fault.values()) {
      FaultyDatabase database = new FaultyDatabase(folder.resolve(fault.name()));
      try (Ledger ledger = open(database)) {
        for (int step = 1; step < 12; step++) {
          database.awaitIdle(ledger.size());
          database.failAt(step, fault, false);
          CommitOutcome unused = commit(ledger, Samples.issue(Samples.nonce()));
          String unusedStep = database.disarm();
        }
        assertAllPlacesAreFree(ledger);
      }
    }
  }

  @Test
  void jobsBehindADiskThatHangs_areBoundedWhateverBecameOfTheirCallers() throws Exception {
    FaultyDatabase database = new FaultyDatabase(folder);
    try (Ledger ledger = open(database)) {
      database.awaitIdle(0);
      CountDownLatch gate = database.stop();
      List<CompletableFuture<StatusBlock>> answers = new ArrayList<>();
      long start = System.nanoTime();
      while (System.nanoTime() - start < LONG.toNanos()) {
        answers.add(ledger.reserveStatusBlock(LATER).toCompletableFuture());
        Thread.sleep(1);
      }
      long expired =
          answers.stream()
              .map(TestLedgers::failure)
              .filter(
                  failure -> String.valueOf(failure.getMessage()).contains("must answer within"))
              .count();
      assertThat(expired).isEqualTo(Jobs.IN_FLIGHT);
      gate.countDown();
      Optional<LedgerException> probe = TestLedgers.await(ledger.probe());
      while (probe.isPresent()) {
        probe = TestLedgers.await(ledger.probe());
      }
    }
  }

  @Test
  void probesOfAKeyThatHangs_waitAsOne() throws Exception {
    HeadSigner hung =
        new HeadSigner(
            Samples.ORIGIN,
            List.of(signer),
            new RecentTree(EMPTY),
            new SignedHead(
                new Head(0, EMPTY.root()),
                HeadSigner.sign(Samples.ORIGIN, new Head(0, EMPTY.root()), List.of(signer))),
            Cosigning.NONE,
            LedgerEvents.NONE);
    var first = hung.probe(PATIENCE);
    assertThat(hung.probe(PATIENCE)).isSameAs(first);
    assertThat(first.join()).isPresent();
    var second = hung.probe(PATIENCE);
    assertThat(second).as("one that is answered late is asked again").isNotSameAs(first);
    Thread thread = Deadlines.daemon(hung, "signer");
    thread.start();
    assertThat(second.join()).isEmpty();
    hung.end();
    thread.join();
  }

  @Test
  void answeredEntry_keepsNothingThatNobodyReads() {
    Semaphore places = new Semaphore(0);
    Entry entry = Samples.issue(Samples.nonce()).withPayload(new byte[1_000]);
    Pending pending = new Pending(entry, System.nanoTime(), new Answers(1), 0, new Place(places));
    assertThat(pending.take()).isTrue();
    pending.committed();
    assertThat(pending.entry()).isEqualTo(Entry.of(entry.leaf()));
    pending.expire("ledger", "late");
    assertThat(pending.leaf()).isEmpty();
    assertThat(places.availablePermits()).as("the signer has it still").isZero();
    pending.letGo();
    pending.letGo();
    assertThat(places.availablePermits()).isEqualTo(1);
  }
}
