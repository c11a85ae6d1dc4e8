// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static dev.writ.ledger.TestLedgers.tamper;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.ledger.CounterInMemory.Way;
import dev.writ.ledger.FaultyDatabase.Fault;
import dev.writ.tlog.LogPolicy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A store that was put back says less than its counter, whatever crashed in between. */
@Tag("any-store")
class CountedStoreTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final String PUT_BACK_ONE =
      "UPDATE rollback_counter SET raised_to = raised_to - 1";

  @TempDir Path folder;

  private final CounterInMemory counter = new CounterInMemory("this host", 40);
  private final ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();

  private final LedgerEvents listener =
      new LedgerEvents() {
        @Override
        public void anchorFailed(String reason) {
          events.add(reason);
        }

        @Override
        public void anchorBack(String name) {
          events.add(name + " is back");
        }
      };

  private Path store() {
    return folder.resolve("ledger");
  }

  private Ledger open(RollbackCounter by) throws Exception {
    return Ledger.open(
        TestLedgers.store(store()),
        Samples.ORIGIN,
        CheckpointKeys.of(List.of(TestLedgers.SIGNER)),
        Witnesses.of(LogPolicy.parse("quorum none\n"), Map.of()),
        Optional.of(new CounterAnchor(by, HOUR)),
        Samples.CLOCK,
        listener);
  }

  private void grow(int leaves) throws Exception {
    try (Ledger ledger = open(counter)) {
      for (int i = 0; i < leaves; i++) {
        receipt(commit(ledger, Samples.entry()));
      }
    }
  }

  private void assertStops(String... words) {
    assertThatThrownBy(() -> open(counter).close())
        .isInstanceOf(LedgerException.class)
        .hasMessageContainingAll(words)
        .hasMessageNotContaining("\n");
  }

  private AnchorSetup.Done setUp(boolean knowingly) throws LedgerException {
    return AnchorSetup.run(TestLedgers.store(store()), counter, knowingly);
  }

  private void assertSetUpStops(String... words) {
    assertThatThrownBy(() -> setUp(false))
        .isInstanceOf(LedgerException.class)
        .hasMessageContainingAll(words);
  }

  @Test
  void ledgerThatBegins_makesItsCounter_andRaisesItOnlyAsItGrows() throws Exception {
    grow(0);
    assertThat(counter.count()).isEqualTo(41);
    grow(1);
    assertThat(counter.raises()).isBetween(1, 2);
    grow(0);
    grow(0);
    assertThat(counter.raises()).isZero();
    assertThat(events).isEmpty();
  }

  @Test
  void storeThatSaysLess_doesNotOpen_untilItIsAccepted() throws Exception {
    grow(1);
    tamper(store(), PUT_BACK_ONE);
    assertStops("the counter of a test", "was rolled back", "put the newest store back");
    assertSetUpStops("was rolled back", "--accept");
    assertThat(counter.raises()).isBetween(1, 2);

    assertThat(setUp(true).outcome()).isEqualTo(AnchorSetup.Outcome.ACCEPTED);
    assertThat(setUp(false).outcome()).isEqualTo(AnchorSetup.Outcome.UNCHANGED);
    grow(1);
  }

  /** The thing itself: the files of a store at rest, and those of one that runs. */
  @Test
  @Tag("embedded")
  void filesThatWerePutBack_doNotOpen() throws Exception {
    grow(1);
    Path backup = copy("backup");
    Path running;
    try (Ledger ledger = open(counter)) {
      receipt(commit(ledger, Samples.entry()));
      running = copy("running");
    }
    for (Path older : List.of(backup, running)) {
      Path newest = copy("newest");
      putBack(older);
      assertStops("was rolled back");
      putBack(newest);
      grow(1);
    }
  }

  private Path copy(String name) throws Exception {
    Path to = folder.resolve(name);
    Files.createDirectories(to);
    copy(store(), to);
    return to;
  }

  private void putBack(Path from) throws Exception {
    for (String beside : List.of("-wal", "-shm")) {
      Files.deleteIfExists(store().resolve("ledger.db" + beside));
    }
    copy(from, store());
  }

  private static void copy(Path from, Path to) throws Exception {
    for (String name : List.of("ledger.db", "ledger.db-wal")) {
      if (Files.exists(from.resolve(name))) {
        Path unused =
            Files.copy(
                from.resolve(name),
                to.resolve(name),
                StandardCopyOption.REPLACE_EXISTING,
                StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  /** Both leave what a crash leaves at that place: the store one ahead, or both raised and nobody told. */
  @ParameterizedTest
  @EnumSource(names = {"RAISE_FAILS", "ANSWER_IS_LOST"})
  void raiseThatFails_isFinishedAtTheNextStart(Way way) throws Exception {
    grow(0);
    long before = counter.count();
    counter.go(way);
    grow(1);
    assertThat(events).hasSize(1);
    assertThat(counter.count()).isEqualTo(before + (way == Way.RAISE_FAILS ? 0 : 1));

    counter.go(Way.WORKS);
    grow(0);
    assertThat(counter.count()).isEqualTo(before + 1);
    grow(0);
    assertThat(counter.count()).isEqualTo(before + 1);
    tamper(store(), PUT_BACK_ONE);
    assertStops("was rolled back");
  }

  @Test
  @Tag("embedded")
  void counterThatIsTwoBehind_isNotTheOneItWas() throws Exception {
    grow(1);
    counter.set(counter.count() - 2);
    assertStops("must have come to the store's", "put back, or is another's", "--accept");
    assertSetUpStops("must have come to the store's");
    assertThat(setUp(true).count()).isEqualTo(counter.count());
    grow(1);
  }

  @Test
  @Tag("embedded")
  void counterThatWasRemoved_isNotMadeAnewUnasked() throws Exception {
    grow(1);
    long last = counter.count();
    counter.remove();
    assertStops("must be there", "it was removed", "--accept");
    assertSetUpStops("it was removed");
    assertThat(counter.isThere()).isFalse();
    AnchorSetup.Done done = setUp(true);
    assertThat(done.outcome()).isEqualTo(AnchorSetup.Outcome.MADE);
    assertThat(done.count()).isGreaterThan(last);
    grow(1);
  }

  /** A copy from before it had a counter is an older copy like any other. */
  @Test
  @Tag("embedded")
  void storeFromBeforeItsCounter_doesNotOpen() throws Exception {
    grow(1);
    tamper(store(), "DELETE FROM rollback_counter");
    assertStops("the store must know", "from before it had one", "--accept");
    assertSetUpStops("from before it had one");
  }

  @Test
  void ledgerWithLeaves_isAnchoredOnceSomebodyAsks() throws Exception {
    try (Ledger ledger = TestLedgers.open(store())) {
      receipt(commit(ledger, Samples.entry()));
    }
    assertStops("must be there, is not, while the ledger has leaves", "writ ledger anchor");
    assertThat(counter.isThere()).isFalse();
    assertThat(setUp(false).outcome()).isEqualTo(AnchorSetup.Outcome.MADE);
    grow(1);
    tamper(store(), PUT_BACK_ONE);
    assertStops("was rolled back");
  }

  @Test
  @Tag("embedded")
  void counterOfAnotherDevice_isTakenKnowinglyAlone() throws Exception {
    grow(1);
    CounterInMemory other = new CounterInMemory("another host", 40);
    assertThatThrownBy(() -> open(other).close())
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("must be there, is not");
    StoreConfig config = TestLedgers.store(store());
    assertThatThrownBy(() -> AnchorSetup.run(config, other, false))
        .isInstanceOf(LedgerException.class)
        .hasMessageContainingAll("is by another counter", "--accept");
    assertThat(AnchorSetup.run(config, other, true).outcome()).isEqualTo(AnchorSetup.Outcome.MADE);
    open(other).close();
    assertStops("the store must know");
  }

  @Test
  @Tag("embedded")
  void setUp_withoutAStore_makesNone() {
    assertSetUpStops("must hold ledger.db, and does not");
    assertThat(store()).doesNotExist();
    assertThat(counter.isThere()).isFalse();
  }

  @Test
  @Tag("embedded")
  void counterThatIsAwayAtTheStart_stopsIt() throws Exception {
    grow(1);
    counter.go(Way.AWAY);
    assertThatThrownBy(() -> open(counter).close())
        .isInstanceOfSatisfying(
            LedgerException.class,
            failure -> assertThat(failure.code()).isEqualTo("TSS2_BASE_RC_IO_ERROR"));
  }

  /** At most once a period while the tree grows, and once more at the end. */
  @Test
  @Tag("embedded")
  void counterOfALedgerThatRuns_isRaisedOnceAPeriod() throws Exception {
    AtomicLong nanos = new AtomicLong();
    try (Ledger ledger = TestLedgers.open(store());
        Database database = TestLedgers.database(folder.resolve("counted"))) {
      CountedStore counted = begun(database);
      try (Anchoring anchoring =
          new Anchoring(counted, 0, () -> newest(ledger), listener, nanos::get)) {
        anchoring.tick();
        assertThat(counter.raises()).isZero();

        receipt(commit(ledger, Samples.entry()));
        anchoring.tick();
        assertThat(counter.raises()).isEqualTo(1);
        receipt(commit(ledger, Samples.entry()));
        nanos.addAndGet(HOUR.toNanos() - 1);
        anchoring.tick();
        assertThat(counter.raises()).isZero();
        nanos.incrementAndGet();
        anchoring.tick();
        assertThat(counter.raises()).isEqualTo(1);
        nanos.addAndGet(HOUR.toNanos());
        anchoring.tick();
        assertThat(counter.raises()).as("without growth").isZero();
        receipt(commit(ledger, Samples.entry()));
      }
      assertThat(counter.raises()).as("at the end").isEqualTo(1);
    }
    assertThat(events).isEmpty();
  }

  @Test
  @Tag("embedded")
  void counterThatIsAwayWhileTheLedgerRuns_isToldOnceAndStopsNothing() throws Exception {
    AtomicLong nanos = new AtomicLong();
    try (Ledger ledger = TestLedgers.open(store());
        Database database = TestLedgers.database(folder.resolve("counted"))) {
      CountedStore counted = begun(database);
      try (Anchoring anchoring =
          new Anchoring(counted, 0, () -> newest(ledger), listener, nanos::get)) {
        counter.go(Way.AWAY);
        receipt(commit(ledger, Samples.entry()));
        anchoring.tick();
        assertThat(events)
            .hasSize(1)
            .first()
            .asString()
            .startsWith("TSS2_BASE_RC_IO_ERROR: the counter of a test must be reached");
        // It is not tried again each second.
        counter.go(Way.WORKS);
        anchoring.tick();
        assertThat(events).hasSize(1);
        counter.go(Way.RAISE_FAILS);
        nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        anchoring.tick();
        assertThat(events).hasSize(1);

        counter.go(Way.WORKS);
        nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        anchoring.tick();
        assertThat(events).hasSize(2).contains("the counter of a test is back");
        assertThat(counter.raises()).as("what was begun").isEqualTo(1);
      }
    }
  }

  @Test
  @Tag("embedded")
  void counterThatSomethingElseRaises_isToldAndRefusedAfterwards() throws Exception {
    try (Ledger ledger = open(counter)) {
      receipt(commit(ledger, Samples.entry()));
      counter.set(counter.count() + 5);
    }
    assertThat(events).hasSize(1).first().asString().contains("was rolled back, or something else");
    assertStops("was rolled back, or something else raised the counter");
  }

  /** Each node has a counter of its own, in a row of its own. */
  @Test
  @Tag("shared-store")
  void nodesOfOneStore_haveACounterEach() throws Exception {
    CounterInMemory other = new CounterInMemory("another host", 7);
    try (Ledger one = open(counter);
        Ledger two = open(other)) {
      receipt(commit(one, Samples.entry()));
      receipt(commit(two, Samples.entry()));
    }
    assertThat(counter.count()).isGreaterThan(41);
    assertThat(other.count()).isGreaterThan(8).isLessThan(41);
    open(counter).close();
    open(other).close();
    tamper(store(), PUT_BACK_ONE);
    assertStops("was rolled back");
    assertThatThrownBy(() -> open(other).close()).hasMessageContaining("was rolled back");
  }

  /** Whatever fails on the way, with or without its effect, the next raise finishes it. */
  @ParameterizedTest
  @EnumSource
  @Tag("embedded")
  void everyStepOfARaise_thatFails_isFinishedByTheNext(Fault fault) throws Exception {
    try (FaultyDatabase database = new FaultyDatabase(folder.resolve("counted"));
        Ledger ledger = TestLedgers.open(store())) {
      CountedStore counted = begun(database);
      boolean reached = true;
      int step = 1;
      for (; reached; step++) {
        receipt(commit(ledger, Samples.entry()));
        database.failAt(step, fault, false);
        try {
          counted.keep(newest(ledger));
        } catch (LedgerException e) {
          assertThat(e).hasMessageContaining("injected");
        }
        reached = !database.disarm().isEmpty();
        counted.keep(newest(ledger));
        Optional<CounterCounts.Count> stored =
            new StoreReader(database)
                .read(statements -> new CounterCounts(statements).of(counter.identityNow()));
        assertThat(stored).contains(new CounterCounts.Count(counter.count(), ledger.size()));
      }
      assertThat(step).isGreaterThan(3);
    }
  }

  private static SignedHead newest(Ledger ledger) {
    try {
      return new SignedHead(
          new Head(
              ledger.size(), TestLedgers.verified(ledger.checkpoint(), TestLedgers.SIGNER).root()),
          ledger.checkpoint());
    } catch (dev.writ.tlog.MalformedTlogException e) {
      throw new AssertionError(e);
    }
  }

  /** A store beside the ledger's, with the counter's row. */
  private CountedStore begun(Database database) throws Exception {
    CountedStore counted = new CountedStore(database, new CounterAnchor(counter, HOUR));
    WriterSession session = WriterSession.open(database);
    try {
      Schema.bringUpToDate(session.connection(), database);
      counted.begin(session, 0);
    } finally {
      session.abort();
    }
    return counted;
  }
}
