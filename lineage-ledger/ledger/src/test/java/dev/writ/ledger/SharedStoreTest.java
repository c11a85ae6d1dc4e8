// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.TestLedgers.await;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static dev.writ.ledger.TestLedgers.tamper;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Replayed;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.ledger.FaultyDatabase.Fault;
import dev.writ.ledger.StateChange.ConsumeNonce;
import dev.writ.ledger.StateChange.RecordUse;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.Hash;
import dev.writ.tlog.ProofOutcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several nodes on one PostgreSQL database: one tree, and one judge of what is used once. */
@Tag("shared-store")
class SharedStoreTest {
  private static final int NODES = 3;
  private static final int NONCES = 60;

  @TempDir Path folder;

  @Test
  void nodesThatTakeTurns_growOneTree() throws Exception {
    try (Ledger one = TestLedgers.open(folder);
        Ledger other = TestLedgers.open(folder)) {
      List<Receipt> receipts = new ArrayList<>();
      for (int i = 0; i < 600; i += 2) {
        receipts.add(receipt(commit(one, Samples.entry())));
        receipts.add(receipt(commit(other, Samples.entry())));
      }
      for (int i = 0; i < receipts.size(); i++) {
        assertThat(receipts.get(i).index()).isEqualTo(i);
      }
      awaitSize(one, receipts.size());
      assertConsistent(one, receipts);
      assertConsistent(other, receipts);
    }
    try (Ledger reopened = TestLedgers.open(folder)) {
      assertThat(reopened.size()).isEqualTo(600);
    }
  }

  /** A node that is idle hears of what others commit, and vouches for it. */
  private static void awaitSize(Ledger ledger, long size) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (ledger.size() < size) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(5);
    }
  }

  private static void assertConsistent(Ledger ledger, List<Receipt> receipts) throws Exception {
    Checkpoint newest = TestLedgers.verified(ledger.checkpoint(), TestLedgers.SIGNER);
    for (Receipt receipt : receipts) {
      Checkpoint seen = Checkpoint.parse(receipt.checkpoint().text());
      ConsistencyProof proof = ledger.consistencyProof(seen.size(), newest.size()).orElseThrow();
      assertThat(proof.verify(seen.root(), newest.root())).isInstanceOf(ProofOutcome.Proven.class);
    }
  }

  @Test
  void nonceTakenByManyNodesAtOnce_isOneEntrys() throws Exception {
    List<Ledger> nodes = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(NODES);
    try {
      for (int i = 0; i < NODES; i++) {
        nodes.add(TestLedgers.open(folder));
      }
      List<Hash> nonces = IntStream.range(0, NONCES).mapToObj(i -> Samples.nonce()).toList();
      List<Callable<List<CommitOutcome>>> tasks = new ArrayList<>();
      for (Ledger node : nodes) {
        tasks.add(
            () ->
                nonces.stream()
                    .map(
                        nonce ->
                            commit(node, Entry.of(Samples.leaf(), new ConsumeNonce(nonce, LATER))))
                    .toList());
      }
      int[] taken = new int[NONCES];
      List<Receipt> receipts = new ArrayList<>();
      for (Future<List<CommitOutcome>> task : threads.invokeAll(tasks)) {
        List<CommitOutcome> outcomes = task.get();
        for (int i = 0; i < NONCES; i++) {
          if (outcomes.get(i) instanceof Receipt receipt) {
            TestLedgers.verify(receipt);
            receipts.add(receipt);
            taken[i]++;
          } else {
            assertThat(outcomes.get(i)).isInstanceOf(Replayed.class);
          }
        }
      }
      assertThat(taken).containsOnly(1);
      assertThat(receipts.stream().map(Receipt::index).distinct()).hasSize(NONCES);
      awaitSize(nodes.get(0), NONCES);
      assertConsistent(nodes.get(0), receipts);
    } finally {
      threads.shutdownNow();
      nodes.forEach(Ledger::close);
    }
  }

  @Test
  void usesFromThreeNodesAtOnce_areAsManyAsThereAre_alsoWhereOneGoesAndComesBack()
      throws Exception {
    List<UuidV7> artifacts = IntStream.range(0, 12).mapToObj(i -> Samples.uuid()).toList();
    List<Ledger> nodes = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(NODES);
    try {
      for (int i = 0; i < NODES; i++) {
        nodes.add(TestLedgers.open(folder));
      }
      int[] taken = new int[artifacts.size()];
      List<RecordUse> kept = new ArrayList<>();
      for (int round = 0; round < 2; round++) {
        List<Callable<List<RecordUse>>> tasks = new ArrayList<>();
        for (Ledger node : nodes) {
          tasks.add(() -> usesAt(node, artifacts));
        }
        for (Future<List<RecordUse>> task : threads.invokeAll(tasks)) {
          for (RecordUse use : task.get()) {
            taken[artifacts.indexOf(use.jti())]++;
            kept.add(use);
          }
        }
        nodes.get(NODES - 1).close();
        nodes.set(NODES - 1, TestLedgers.open(folder));
      }
      for (int i = 0; i < taken.length; i++) {
        assertThat(taken[i]).as("uses of artifact %s", i).isEqualTo(maxUses(i));
        assertThat(nodes.get(NODES - 1).uses(artifacts.get(i))).isEqualTo(maxUses(i));
      }
      for (RecordUse use : kept) {
        assertThat(nodes.get(NODES - 1).use(use.jti(), use.asked())).isPresent();
        assertThat(commit(nodes.get(0), Entry.of(Samples.leaf(), use)))
            .isEqualTo(new Replayed(use));
      }
    } finally {
      threads.shutdownNow();
      nodes.forEach(Ledger::close);
    }
  }

  private static int maxUses(int artifact) {
    return artifact % 2 == 0 ? 1 : 5;
  }

  /** Those that were taken, of four questions on each. */
  private static List<RecordUse> usesAt(Ledger node, List<UuidV7> artifacts) throws Exception {
    List<RecordUse> uses = new ArrayList<>();
    for (int i = 0; i < 4 * artifacts.size(); i++) {
      int artifact = i % artifacts.size();
      uses.add(new RecordUse(artifacts.get(artifact), Samples.digest(), maxUses(artifact)));
    }
    List<CommitOutcome> outcomes =
        commit(node, uses.stream().map(use -> Entry.of(Samples.leaf(), use)).toList());
    List<RecordUse> taken = new ArrayList<>();
    for (int i = 0; i < uses.size(); i++) {
      if (outcomes.get(i) instanceof Receipt) {
        taken.add(uses.get(i));
      } else {
        assertThat(outcomes.get(i)).isEqualTo(new Replayed(uses.get(i)));
      }
    }
    return taken;
  }

  @Test
  void nodeWhoseClockIsNotTheServers_commitsNothingUntilItIs() throws Exception {
    AtomicReference<Duration> off = new AtomicReference<>(Duration.ofSeconds(7));
    StoreConfig near =
        StoreUnderTest.postgres(folder, CommitLimits.DEFAULT)
            .withClockWithin(Duration.ofSeconds(5));
    try (Ledger wrong =
            Ledger.open(
                near,
                Samples.ORIGIN,
                List.of(TestLedgers.SIGNER),
                () -> Instant.now().plus(off.get()));
        Ledger right = TestLedgers.open(folder)) {
      receipt(commit(right, Samples.entry()));
      assertOtherClock(wrong, " s ahead");
      off.set(Duration.ofSeconds(-7));
      assertOtherClock(wrong, " s behind");
      assertThat(TestLedgers.failure(wrong.reserveStatusBlock(LATER)).code()).isEqualTo("clock");
      assertThat(wrong.size()).isEqualTo(1);

      off.set(Duration.ZERO);
      assertThat(receipt(commit(wrong, Samples.entry())).index()).isEqualTo(1);
      assertThat(receipt(commit(right, Samples.entry())).index()).isEqualTo(2);
    }
  }

  private static void assertOtherClock(Ledger ledger, String how) {
    assertThat(commit(ledger, Samples.entry()))
        .isInstanceOfSatisfying(
            Unavailable.class,
            unavailable -> {
              assertThat(unavailable.reached()).isEqualTo(Reached.NOT_COMMITTED);
              assertThat(unavailable.code()).isEqualTo("clock");
              assertThat(unavailable.message()).contains("within 5 s", how);
            });
  }

  @Test
  void idleNodeWhoseConnectionWasLost_followsTheOthersAgain() throws Exception {
    try (Ledger idle = TestLedgers.open(folder);
        Ledger other = TestLedgers.open(folder)) {
      receipt(commit(idle, Samples.entry()));
      awaitSize(other, 1);
      endConnections();
      // Whose own connection ended, too.
      while (!(commit(other, Samples.entry()) instanceof Receipt)) {
        Thread.sleep(5);
      }
      awaitSize(idle, 2);
    }
  }

  private void endConnections() throws Exception {
    try (Connection connection = TestLedgers.connection(folder);
        Statement statement = connection.createStatement();
        ResultSet ended =
            statement.executeQuery(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    + " WHERE datname = current_database() AND pid <> pg_backend_pid()")) {
      assertThat(ended.next()).isTrue();
    }
  }

  @Test
  void payloadsPurgedByNodesAtOnce_areErasedOnceEach() throws Exception {
    int payloads = 300;
    RetentionPeriod day = new RetentionPeriod(1);
    try (Ledger ledger = TestLedgers.open(folder)) {
      List<Entry> entries = new ArrayList<>();
      for (int i = 0; i < payloads; i++) {
        entries.add(Samples.entry().withPayload(new byte[100]));
      }
      receipt(commit(ledger, entries).get(payloads - 1));
    }
    List<Ledger> nodes = new ArrayList<>();
    try {
      for (int i = 0; i < NODES; i++) {
        nodes.add(
            Ledger.open(
                TestLedgers.store(folder),
                Samples.ORIGIN,
                List.of(TestLedgers.SIGNER),
                () -> Samples.NOW.plus(Duration.ofDays(2))));
      }
      int purged = 0;
      while (nodes.get(0).payloads().isPurgeDue(day, Samples.NOW.plus(Duration.ofDays(2)))) {
        List<CompletionStage<Payloads.Purged>> chunks =
            nodes.stream().map(node -> node.payloads().purge(day)).toList();
        for (CompletionStage<Payloads.Purged> chunk : chunks) {
          purged += TestLedgers.await(chunk).payloads();
        }
      }
      assertThat(purged).isEqualTo(payloads);
    } finally {
      nodes.forEach(Ledger::close);
    }
  }

  @Test
  void nodesThatStartAtOnceOnAnEmptyDatabase_makeOneLedger() throws Exception {
    TestLedgers.database(folder).close();
    ExecutorService threads = Executors.newFixedThreadPool(NODES);
    List<Ledger> nodes = new ArrayList<>();
    try {
      Callable<Ledger> start = () -> TestLedgers.open(folder);
      for (Future<Ledger> node : threads.invokeAll(List.of(start, start, start))) {
        nodes.add(node.get());
      }
      for (int i = 0; i < NODES; i++) {
        assertThat(receipt(commit(nodes.get(i), Samples.entry())).index()).isEqualTo(i);
      }
    } finally {
      threads.shutdownNow();
      nodes.forEach(Ledger::close);
    }
  }

  /** The COMMIT was done, its answer lost, and before the node could ask another went on. */
  @Test
  void commitInDoubt_uponWhichAnotherNodeBuilt_isFoundToBeThere() throws Exception {
    FaultyDatabase faulty = FaultyDatabase.shared(folder);
    try (Ledger one = CrashPointsTest.open(faulty);
        Ledger other = TestLedgers.open(folder)) {
      receipt(commit(one, Samples.entry()));
      faulty.awaitIdle(1);
      List<CommitOutcome> others = new ArrayList<>();
      faulty.failAtCommit(Fault.PERSISTED, () -> others.add(commit(other, Samples.entry())));

      Receipt inDoubt = receipt(commit(one, Samples.entry()));

      assertThat(faulty.disarm()).isEqualTo("commit");
      assertThat(inDoubt.index()).isEqualTo(1);
      assertThat(receipt(others.get(0)).index()).isEqualTo(2);
      assertThat(receipt(commit(one, Samples.entry())).index()).isEqualTo(3);
    }
  }

  /** The COMMIT was lost, and another node's leaf is where the batch would have been. */
  @Test
  void commitInDoubt_inWhosePlaceIsAnotherNodesLeaf_isFoundNotToBeThere() throws Exception {
    FaultyDatabase faulty = FaultyDatabase.shared(folder);
    try (Ledger one = CrashPointsTest.open(faulty);
        Ledger other = TestLedgers.open(folder)) {
      receipt(commit(one, Samples.entry()));
      faulty.awaitIdle(1);
      List<CommitOutcome> others = new ArrayList<>();
      faulty.failAtCommit(
          Fault.NOT_PERSISTED,
          () -> others.addAll(commit(other, List.of(Samples.entry(), Samples.entry()))));

      Hash nonce = Samples.nonce();
      assertThat(commit(one, Samples.issue(nonce)))
          .isInstanceOfSatisfying(
              Unavailable.class, it -> assertThat(it.reached()).isEqualTo(Reached.NOT_COMMITTED));

      assertThat(faulty.disarm()).isEqualTo("commit");
      assertThat(receipt(others.get(1)).index()).isEqualTo(2);
      assertThat(receipt(commit(one, Samples.issue(nonce))).index()).isEqualTo(3);
    }
  }

  @Test
  void nodeThatStopsInItsTransaction_keepsOthersOutForSecondsAlone() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder);
        Database stopped = TestLedgers.database(folder);
        Connection connection = stopped.connectWriter();
        Statement statement = connection.createStatement()) {
      assertThat(idleInTransaction(statement)).isEqualTo("3s");
      // Longer than the writer waits in vain, also after it waited to store a checkpoint.
      statement.execute("SET idle_in_transaction_session_timeout = '7s'");
      connection.commit();
      statement.executeUpdate("UPDATE tree_head SET size = size WHERE id = 1");

      assertThat(commit(ledger, Samples.entry()))
          .isInstanceOfSatisfying(
              Unavailable.class,
              it -> {
                assertThat(it.reached()).isEqualTo(Reached.NOT_COMMITTED);
                assertThat(it.code()).isEqualTo("SQLState 55P03");
              });

      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (!(commit(ledger, Samples.entry()) instanceof Receipt)) {
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
    }
  }

  private static String idleInTransaction(Statement statement) throws Exception {
    try (ResultSet row = statement.executeQuery("SHOW idle_in_transaction_session_timeout")) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    }
  }

  /** As after fail-over to a server that had not got all: the node remembers what it signed. */
  @Test
  void databaseThatForgot_stopsTheNodeThatRemembers() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder)) {
      receipt(commit(ledger, Samples.entry()));
      Head before = new Head(1, Checkpoint.parse(ledger.checkpoint().text()).root());
      receipt(commit(ledger, Samples.entry()));
      tamper(
          folder,
          "DELETE FROM leaf WHERE leaf_index = 1;"
              + "UPDATE tile SET hashes = substr(hashes, 1, 32);"
              + "UPDATE tree_head SET size = 1, root = decode('"
              + before.root().hex()
              + "', 'hex')");

      assertStops(ledger);
    }
  }

  @Test
  void headThatItsTilesDoNotGive_stopsTheNode() throws Exception {
    try (Ledger ledger = TestLedgers.open(folder);
        Ledger other = TestLedgers.open(folder)) {
      receipt(commit(ledger, Samples.entry()));
      awaitSize(other, 1);
      tamper(
          folder,
          "UPDATE tile SET hashes = hashes || substr(hashes, 1, 32);"
              + "UPDATE tree_head SET size = 2, root = decode(repeat('00', 32), 'hex')");

      assertStops(ledger);
      assertStops(other);
    }
  }

  private static void assertStops(Ledger ledger) {
    for (int i = 0; i < 2; i++) {
      assertThat(commit(ledger, Samples.entry()))
          .isInstanceOfSatisfying(
              Unavailable.class,
              it -> assertThat(it.message()).contains("something else wrote to it"));
    }
    assertThat(await(ledger.probe())).isPresent();
  }

  /** Both write the files and both drop: nothing is dropped twice, and nothing is lost. */
  @Test
  void nodesThatArchiveAtOnce_moveEachLeafOnce() throws Exception {
    ArchivedLedger made =
        new ArchivedLedger(folder, Files.createDirectory(folder.resolve("archive")));
    try (Ledger one = made.open();
        Ledger other = made.open()) {
      made.grow(one, 4_000);
      awaitSize(other, 4_000);
      made.age();
      ArchivedLedger.awaitMinimum(one, 3_840);
      made.grow(other, 1_000);
      ArchivedLedger.awaitMinimum(other, 4_864);
      assertThat(made.events).isEmpty();
      awaitSize(one, 5_000);
      for (long index : new long[] {0, 255, 1_024, 3_839, 4_863, 4_864}) {
        assertThat(one.leafHash(index)).contains(made.leaves.get((int) index));
        assertThat(other.leaf(index).orElseThrow().hash()).isEqualTo(made.leaves.get((int) index));
      }
    }
    try (Stream<Path> files = Files.walk(made.archive)) {
      assertThat(files.filter(Files::isRegularFile)).hasSize(2 * 4_864 / 256);
    }
  }
}
