// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.tlog.AddCheckpoint;
import dev.writ.tlog.AddCheckpointAnswer;
import dev.writ.tlog.Cosigner;
import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.SignedNote;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A ledger whose log policy has a quorum: two of three witnesses, which fail in every way. */
@Timeout(120)
class WitnessQuorumTest {
  @TempDir Path temporary;
  private Path store = Path.of("");
  private ThreeWitnesses three;
  private List<TestWitness> witnesses = List.of();

  @BeforeEach
  void start() {
    store = temporary.resolve("store");
    three = new ThreeWitnesses(temporary);
    witnesses = three.all;
  }

  @AfterEach
  void stop() {
    three.close();
  }

  @Test
  void commit_withAQuorum_isAnsweredUnderACosignedCheckpoint() throws Exception {
    try (Ledger ledger = open()) {
      assertTrusted(ledger.checkpoint());
      for (int i = 0; i < 20; i++) {
        Receipt receipt = receipt(commit(ledger, Samples.entry()));
        assertTrusted(receipt.checkpoint());
        assertThat(receipt.tlogProof().note()).isEqualTo(receipt.checkpoint());
        assertTrusted(ledger.checkpoint());
      }
      List<CommitOutcome> many =
          commit(ledger, Stream.generate(Samples::entry).limit(500).toList());
      for (CommitOutcome outcome : many) {
        assertTrusted(receipt(outcome).checkpoint());
      }
    }
    try (Ledger again = open()) {
      assertThat(again.size()).isEqualTo(520);
      assertTrusted(again.checkpoint());
    }
  }

  @Test
  void oneWitnessAway_goesOn_twoAwayIsUnavailable_andBackGoesOnByItself() throws Exception {
    try (Ledger ledger = open()) {
      assertTrusted(receipt(commit(ledger, Samples.entry())).checkpoint());
      witnesses.get(0).stop();
      assertTrusted(receipt(commit(ledger, Samples.entry())).checkpoint());
      witnesses.get(1).stop();
      assertThat(commit(ledger, Samples.entry()))
          .isInstanceOfSatisfying(
              Unavailable.class,
              unavailable -> {
                assertThat(unavailable.reached()).isEqualTo(Reached.COMMITTED);
                assertThat(unavailable.code()).isEqualTo("witness_quorum");
                assertThat(unavailable.message()).contains("north").contains("south");
              });
      assertThat(ledger.size()).as("nothing is shown under a head without a quorum").isEqualTo(2);
      assertThat(TestLedgers.await(ledger.probe()))
          .hasValueSatisfying(e -> assertThat(e.code()).isEqualTo("witness_quorum"));
      witnesses.get(1).start();
      while (ledger.size() < 3) {
        Thread.sleep(20);
      }
      assertTrusted(ledger.checkpoint());
      assertThat(TestLedgers.await(ledger.probe())).isEmpty();
      assertTrusted(receipt(commit(ledger, Samples.entry())).checkpoint());
    }
  }

  @Test
  void headThatWaitsForWitnessesTooLong_letsNothingMoreIn() throws Exception {
    CommitLimits limits = new CommitLimits(100, 100, Duration.ofMillis(400));
    try (Ledger ledger = open(limits, Duration.ofSeconds(2))) {
      witnesses.get(0).stop();
      witnesses.get(1).stop();
      CommitOutcome last = commit(ledger, Samples.entry());
      while (!(last instanceof Unavailable unavailable
          && unavailable.reached() == Reached.NOT_COMMITTED)) {
        Thread.sleep(20);
        last = commit(ledger, Samples.entry());
      }
      assertThat(((Unavailable) last).code()).isEqualTo("witness_quorum");
    }
  }

  enum Misbehaviour {
    HANGS,
    SLOW_BODY,
    GARBAGE,
    TEN_MEGABYTES,
    OTHER_TEXT,
    OTHER_KEY,
    NO_SIGNATURE,
    STATUS_500,
    REDIRECT,
    OTHER_SIZE_EACH_TIME,
    CLOSES
  }

  @ParameterizedTest
  @EnumSource(Misbehaviour.class)
  void oneWitnessMisbehaves_isOverlooked_andTwoAreNoQuorum(Misbehaviour how) throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    try (Ledger ledger = open(CommitLimits.DEFAULT, Duration.ofSeconds(3))) {
      witnesses.get(0).faultBy(misbehave(how, witnesses.get(0), end));
      assertTrusted(receipt(commit(ledger, Samples.entry())).checkpoint());
      witnesses.get(1).faultBy(misbehave(how, witnesses.get(1), end));
      assertThat(commit(ledger, Samples.entry()))
          .isInstanceOfSatisfying(
              Unavailable.class,
              unavailable -> assertThat(unavailable.code()).isEqualTo("witness_quorum"));
      witnesses.forEach(TestWitness::recover);
      end.countDown();
      while (ledger.size() < 2) {
        Thread.sleep(20);
      }
      assertTrusted(receipt(commit(ledger, Samples.entry())).checkpoint());
    } finally {
      end.countDown();
    }
  }

  private static TestWitness.Fault misbehave(
      Misbehaviour how, TestWitness witness, CountDownLatch end) {
    String text = AddCheckpointAnswer.TEXT_MEDIA_TYPE;
    return (exchange, body) -> {
      SignedNote note = AddCheckpoint.parse(body).note();
      switch (how) {
        case HANGS -> end.await();
        case SLOW_BODY -> {
          exchange.sendResponseHeaders(200, 200);
          exchange.getResponseBody().write('a');
          exchange.getResponseBody().flush();
          end.await();
        }
        case GARBAGE -> TestWitness.send(exchange, 200, text, new byte[] {0, 1, 2, -1});
        case TEN_MEGABYTES -> TestWitness.send(exchange, 200, text, new byte[10 << 20]);
        case OTHER_TEXT ->
            TestWitness.send(
                exchange,
                new AddCheckpointAnswer.Cosigned(
                    List.of(witness.cosigner.cosign("other\n".getBytes(UTF_8), Instant.now()))));
        case OTHER_KEY ->
            TestWitness.send(
                exchange,
                new AddCheckpointAnswer.Cosigned(
                    List.of(
                        Cosigner.of(witness.cosigner.key().name(), SampleLog.ed25519())
                            .cosign(note.text(), Instant.now()))));
        case NO_SIGNATURE -> TestWitness.send(exchange, 200, text, new byte[0]);
        case STATUS_500 -> TestWitness.send(exchange, 500, text, "no".getBytes(UTF_8));
        case REDIRECT -> {
          exchange.getResponseHeaders().set("Location", witness.url() + "/add-checkpoint");
          TestWitness.send(exchange, 307, text, new byte[0]);
        }
        case OTHER_SIZE_EACH_TIME -> {
          long old = AddCheckpoint.parse(body).oldSize();
          TestWitness.send(exchange, new AddCheckpointAnswer.Conflict(old == 0 ? 1 : 0));
        }
        case CLOSES -> exchange.close();
      }
    };
  }

  @Test
  void hungWitness_doesNotHoldUpTheOthers() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    try (Ledger ledger = open(CommitLimits.DEFAULT, Duration.ofSeconds(20))) {
      witnesses.get(2).faultBy(misbehave(Misbehaviour.HANGS, witnesses.get(2), end));
      for (int i = 0; i < 10; i++) {
        CompletableFuture<CommitOutcome> answer =
            ledger.commit(Samples.entry()).toCompletableFuture();
        assertTrusted(receipt(answer.join()).checkpoint());
      }
      end.countDown();
    } finally {
      end.countDown();
    }
  }

  @Test
  void witnessThatMissedManyHeads_isSentAProofFromTheSizeThatItNames() throws Exception {
    try (Ledger ledger = open()) {
      witnesses.get(0).stop();
      List<CommitOutcome> unused =
          commit(ledger, Stream.generate(Samples::entry).limit(300).toList());
      witnesses.get(0).start();
      witnesses.get(1).stop();
      assertTrusted(receipt(commit(ledger, Samples.entry())).checkpoint());
    }
  }

  private Ledger telling(List<String> told) throws Exception {
    LedgerEvents events =
        new LedgerEvents() {
          @Override
          public void witnessFailed(String name, String reason, boolean contradicts) {
            told.add(name + (contradicts ? " contradicts" : " failed"));
          }

          @Override
          public void witnessBack(String name) {
            told.add(name + " back");
          }

          @Override
          public void witnessesChanged() {
            told.add("others");
          }
        };
    return Ledger.open(
        SqliteConfig.in(store),
        Samples.ORIGIN,
        CheckpointKeys.of(List.of(TestLedgers.SIGNER)),
        Witnesses.of(policy(), Map.of()),
        Optional.empty(),
        Samples.CLOCK,
        events);
  }

  @Test
  void witnessThatFailsOrContradicts_isToldOnce_andThatItIsBack() throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    try (Ledger ledger = telling(told)) {
      TestWitness north = witnesses.get(0);
      north.stop();
      commitUntil(ledger, told, "north failed");
      north.start();
      commitUntil(ledger, told, "north back");
      north.faultBy(
          (exchange, body) ->
              TestWitness.send(exchange, new AddCheckpointAnswer.Conflict(1_000_000)));
      commitUntil(ledger, told, "north contradicts");
      assertThat(told).containsExactly("north failed", "north back", "north contradicts");
      north.recover();
      commitUntil(ledger, told, "north back");
      // As a witness that was put back to an older copy.
      AtomicBoolean forgot = new AtomicBoolean(true);
      north.faultBy(
          (exchange, body) ->
              TestWitness.send(
                  exchange,
                  forgot.getAndSet(false)
                      ? new AddCheckpointAnswer.Conflict(1)
                      : north.answer(body)));
      commitUntil(ledger, told, "north back", 6);
      assertThat(told.subList(3, told.size()))
          .containsExactly("north back", "north contradicts", "north back");
    }
  }

  /** Of one that is asked no more, none says whether it is back. */
  @Test
  void witnessesThatAreChanged_areToldSo_andWhoOfTheNewFails() throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    try (Ledger ledger = telling(told)) {
      witnesses.get(0).stop();
      commitUntil(ledger, told, "north failed");
      ledger.witnessWith(Witnesses.of(policy(), Map.of()));
      commitUntil(ledger, told, "north failed", 3);
      assertThat(told).containsExactly("north failed", "others", "north failed");
      witnesses.get(0).start();
      ledger.witnessWith(Witnesses.of(policy(), Map.of()));
      commitUntil(ledger, told, "others");
      assertThat(told.subList(3, told.size())).containsExactly("others");
    }
  }

  private static void commitUntil(Ledger ledger, List<String> told, String last) throws Exception {
    commitUntil(ledger, told, last, 1);
  }

  private static void commitUntil(Ledger ledger, List<String> told, String last, int atLeast)
      throws Exception {
    for (int i = 0;
        i < 3 || told.size() < atLeast || !told.get(told.size() - 1).equals(last);
        i++) {
      Receipt unused = receipt(commit(ledger, Samples.entry()));
      while (told.isEmpty()) {
        Thread.sleep(5);
      }
    }
  }

  @Test
  void open_storeThatWasRolledBack_isRefused() throws Exception {
    Path copy = temporary.resolve("copy");
    try (Ledger ledger = open()) {
      assertTrusted(receipt(commit(ledger, Samples.entry())).checkpoint());
    }
    copy(store, copy);
    try (Ledger ledger = open()) {
      assertTrusted(receipt(commit(ledger, Samples.entry())).checkpoint());
    }
    store = copy;
    assertThatThrownBy(this::open)
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("rolled back")
        .hasMessageContaining("cosigned 2 leaves, and there are 1");
  }

  @Test
  void open_storeThatWentAnotherWay_isRefusedAtTheSameAndAtAGreaterSize() throws Exception {
    Path copy = temporary.resolve("copy");
    try (Ledger ledger = open()) {
      assertTrusted(receipt(commit(ledger, Samples.entry())).checkpoint());
    }
    copy(store, copy);
    try (Ledger ledger = open()) {
      assertTrusted(receipt(commit(ledger, Samples.entry())).checkpoint());
    }
    store = copy;
    try (Ledger without = TestLedgers.open(store)) {
      Receipt unused = receipt(commit(without, Samples.entry()));
    }
    assertThatThrownBy(this::open)
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("another root of 2 leaves");
    try (Ledger without = TestLedgers.open(store)) {
      Receipt unused = receipt(commit(without, Samples.entry()));
    }
    assertThatThrownBy(this::open)
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("tree of 2 leaves that it cosigned is another");
  }

  @Test
  void open_witnessesAway_beginsWithWhatWasCosigned_andANewLedgerDoesNot() throws Exception {
    try (Ledger ledger = open()) {
      assertTrusted(receipt(commit(ledger, Samples.entry())).checkpoint());
    }
    witnesses.forEach(TestWitness::stop);
    try (Ledger ledger = open()) {
      assertThat(ledger.size()).isEqualTo(1);
      assertTrusted(ledger.checkpoint());
      assertThat(commit(ledger, Samples.entry())).isInstanceOf(Unavailable.class);
    }
    try (Ledger ledger = open()) {
      assertThat(ledger.size()).as("the head is not cosigned").isEqualTo(1);
      for (TestWitness witness : witnesses) {
        witness.start();
      }
      while (ledger.size() < 2) {
        Thread.sleep(20);
      }
      assertTrusted(ledger.checkpoint());
    }
    witnesses.forEach(TestWitness::stop);
    store = temporary.resolve("new");
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            LedgerException.class, e -> assertThat(e.code()).isEqualTo("witness_quorum"));
  }

  @Test
  void open_ledgerThatHadNoWitnesses_isCosignedFromThenOn() throws Exception {
    try (Ledger without = TestLedgers.open(store)) {
      List<CommitOutcome> unused =
          commit(without, Stream.generate(Samples::entry).limit(300).toList());
    }
    try (Ledger ledger = open()) {
      assertThat(ledger.size()).isEqualTo(300);
      assertTrusted(ledger.checkpoint());
    }
  }

  @Test
  void quorumNone_asksNobody() throws Exception {
    Witnesses none =
        Witnesses.of(
            LogPolicy.parse(
                "log " + TestLedgers.SIGNER.key().vkey() + "\n" + three.lines() + "quorum none\n"),
            Map.of());
    assertThat(none.isNeeded()).isFalse();
    try (Ledger ledger = open(none, CommitLimits.DEFAULT)) {
      Receipt unused = receipt(commit(ledger, Samples.entry()));
    }
    assertThat(witnesses).allMatch(witness -> witness.asked.get() == 0);
  }

  private LogPolicy policy() throws Exception {
    return three.policy();
  }

  private void assertTrusted(SignedNote note) throws Exception {
    three.assertTrusted(note);
  }

  private Ledger open() throws Exception {
    return open(CommitLimits.DEFAULT, Witnesses.PATIENCE);
  }

  private Ledger open(CommitLimits limits, Duration patience) throws Exception {
    return open(Witnesses.of(policy(), Map.of()).within(patience), limits);
  }

  private Ledger open(Witnesses asked, CommitLimits limits) throws LedgerException {
    return Ledger.open(
        new SqliteConfig(store, Optional.empty(), limits),
        Samples.ORIGIN,
        CheckpointKeys.of(List.of(TestLedgers.SIGNER)),
        asked,
        Optional.empty(),
        Samples.CLOCK,
        LedgerEvents.NONE);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectory(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Path unused =
            Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }
}
