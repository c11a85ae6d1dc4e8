// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.TestLedgers.await;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.ledger.FaultyDatabase.Fault;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The failure matrix of jobs: each step fails once without and once with its effect; then either the
 * process goes on, or it is gone and the store is opened anew.
 */
@Tag("any-store-long")
class JobCrashTest {
  private static final String MATRIX =
      """
      NOT_PERSISTED, false
      PERSISTED, false
      NOT_PERSISTED, true
      PERSISTED, true
      """;

  /** Lock, head, the job's own, COMMIT: fewer would mean that the fault was not where it should be. */
  private static final int STEPS_AT_LEAST = 4;

  @TempDir Path folder;
  private Instant now = NOW;

  /** What is done with a ledger again and again, and how what it answers is judged. */
  private interface Subject {
    /** Asks, and keeps what is answered. */
    CompletionStage<?> ask(Ledger ledger);

    /** After each step of the matrix, in the store as it is then. */
    void judge(Ledger ledger) throws Exception;
  }

  private void run(Fault fault, boolean dies, Subject subject) throws Exception {
    int step = 1;
    for (boolean reached = true; reached; step++) {
      now = now.plus(Duration.ofDays(2));
      FaultyDatabase database = new FaultyDatabase(folder);
      try (Ledger ledger = open(database)) {
        database.awaitIdle(ledger.size());
        database.failAt(step, fault, dies);
        Optional<LedgerException> failure = failureOf(subject.ask(ledger));
        String faulted = database.disarm();
        reached = !faulted.isEmpty();
        assertThat(failure.isPresent()).as("step %d %s", step, faulted).isEqualTo(reached);
        failure.ifPresent(it -> assertThat(it.code()).isEqualTo("SQLState 58030"));
        if (!dies || !reached) {
          subject.judge(ledger);
          receipt(commit(ledger, Samples.entry()));
        }
      }
      try (Ledger reopened = open(TestLedgers.database(folder))) {
        subject.judge(reopened);
        receipt(commit(reopened, Samples.entry()));
      }
    }
    assertThat(step - 1).isGreaterThan(STEPS_AT_LEAST);
  }

  private static Optional<LedgerException> failureOf(CompletionStage<?> stage) {
    try {
      Object unused = stage.toCompletableFuture().join();
      return Optional.empty();
    } catch (CompletionException e) {
      if (e.getCause() instanceof LedgerException failure) {
        return Optional.of(failure);
      }
      throw new AssertionError(e);
    }
  }

  private Ledger open(Database database) throws LedgerException {
    return Ledger.open(
        database,
        CommitLimits.DEFAULT,
        Samples.ORIGIN,
        List.of(TestLedgers.SIGNER),
        () -> now,
        LedgerEvents.NONE);
  }

  @ParameterizedTest
  @CsvSource(textBlock = MATRIX)
  void reservation_thatFails_givesNoBlockToTwo(Fault fault, boolean dies) throws Exception {
    Instant never = LATER.plus(Duration.ofDays(1_000));
    Set<StatusBlock> answered = new HashSet<>();
    run(
        fault,
        dies,
        new Subject() {
          @Override
          public CompletionStage<?> ask(Ledger ledger) {
            return ledger
                .reserveStatusBlock(never)
                .thenAccept(block -> assertThat(answered.add(block)).as("%s", block).isTrue());
          }

          @Override
          public void judge(Ledger ledger) {
            assertThat(answered.add(await(ledger.reserveStatusBlock(never)))).isTrue();
          }
        });
  }

  /** The bits are read beside the writer, who would else hold all others up for as long. */
  @Test
  void snapshot_ofManyLists_takesTheWriterNoMoreStatements() throws Exception {
    FaultyDatabase database = new FaultyDatabase(folder);
    try (Ledger ledger = open(database)) {
      database.awaitIdle(ledger.size());
      database.failAt(STEPS_AT_LEAST + 4, Fault.NOT_PERSISTED, false);
      List<Integer> lists = IntStream.range(0, 100).boxed().toList();
      assertThat(ledger.statusSnapshot(lists, Duration.ZERO).revoked()).hasSize(100);
      assertThat(database.disarm()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = MATRIX)
  void snapshot_thatFails_isFollowedByALaterOne(Fault fault, boolean dies) throws Exception {
    List<Instant> answered = new ArrayList<>(List.of(NOW));
    run(
        fault,
        dies,
        new Subject() {
          @Override
          public CompletionStage<?> ask(Ledger ledger) {
            // The clock falls back again and again, so that only what is stored makes times rise.
            now = NOW.minusSeconds(1);
            try {
              keep(ledger.statusSnapshot(List.of(0), Duration.ZERO).at());
              return CompletableFuture.completedFuture(null);
            } catch (LedgerException e) {
              return CompletableFuture.failedFuture(e);
            }
          }

          @Override
          public void judge(Ledger ledger) throws LedgerException {
            keep(ledger.statusSnapshot(List.of(0), Duration.ZERO).at());
          }

          private void keep(Instant at) {
            assertThat(answered.size() == 1 || at.isAfter(answered.get(answered.size() - 1)))
                .isTrue();
            answered.add(at);
          }
        });
  }

  @ParameterizedTest
  @CsvSource(textBlock = MATRIX)
  void renewal_thatFails_leavesOneNewestKeyThatAllGoOnWith(Fault fault, boolean dies)
      throws Exception {
    run(
        fault,
        dies,
        new Subject() {
          @Override
          public CompletionStage<?> ask(Ledger ledger) {
            return renew(ledger);
          }

          @Override
          public void judge(Ledger ledger) throws Exception {
            List<MacKey> before = ledger.sharedKeys().newestFirst("challenge");
            List<MacKey> renewed = await(renew(ledger));
            assertThat(text(ledger.sharedKeys().newestFirst("challenge"))).isEqualTo(text(renewed));
            assertThat(renewed.get(0).created()).isEqualTo(now);
            assertThat(renewed).as("the one before and no older").hasSizeBetween(1, 2);
            if (!before.isEmpty() && before.get(0).created().equals(now)) {
              assertThat(text(renewed)).as("not renewed twice").isEqualTo(text(before));
            }
          }

          private CompletionStage<List<MacKey>> renew(Ledger ledger) {
            return ledger
                .sharedKeys()
                .renew(
                    "challenge",
                    Samples.nonce().bytes(),
                    now.minus(Duration.ofDays(1)),
                    Duration.ofDays(1));
          }

          private List<String> text(List<MacKey> keys) {
            return keys.stream().map(key -> HexFormat.of().formatHex(key.key())).toList();
          }
        });
  }

  @ParameterizedTest
  @CsvSource({"NOT_PERSISTED, false", "PERSISTED, true"})
  void purge_thatFails_isMadeUpForByTheNext_andErasesNothingYoung(Fault fault, boolean dies)
      throws Exception {
    RetentionPeriod day = new RetentionPeriod(1);
    Map<Long, Instant> payloads = new HashMap<>();
    run(
        fault,
        dies,
        new Subject() {
          @Override
          public CompletionStage<?> ask(Ledger ledger) {
            return ledger.payloads().purge(day);
          }

          @Override
          public void judge(Ledger ledger) throws Exception {
            while (ledger.payloads().isPurgeDue(day, now)) {
              Payloads.Purged unused = await(ledger.payloads().purge(day));
            }
            await(ledger.payloads().settle());
            for (Map.Entry<Long, Instant> each : payloads.entrySet()) {
              assertThat(ledger.payload(each.getKey()).isPresent())
                  .as("of leaf %d", each.getKey())
                  .isEqualTo(each.getValue().equals(now));
            }
            Entry next = Entry.of(Samples.leafAt(now)).withPayload(new byte[9_000]);
            payloads.put(receipt(commit(ledger, next)).index(), now);
          }
        });
  }
}
