// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.akName;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.Samples.nonce;
import static dev.writ.ledger.Samples.uuid;
import static dev.writ.ledger.TestLedgers.await;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.AkName;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.LastSeenMoved;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Refused;
import dev.writ.ledger.CommitOutcome.Replayed;
import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.Precondition.EpochIs;
import dev.writ.ledger.Precondition.HostActive;
import dev.writ.ledger.StateChange.ConsumeNonce;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.SetEpoch;
import dev.writ.ledger.StateChange.SetHostState;
import dev.writ.ledger.StateChange.SetLastSeen;
import dev.writ.ledger.StateChange.Since;
import dev.writ.ledger.StateChange.VoidArtifacts;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Decisions that are judged at once, and come out as if each had been judged alone. */
@Tag("any-store")
class AdmissionRunTest {
  private static final int DECISIONS = 40;

  @TempDir Path folder;
  private FaultyDatabase database;
  private Ledger ledger;
  private StatusBlock block;
  private int used;
  private long ticks = 50;

  @BeforeEach
  void open() throws Exception {
    database = new FaultyDatabase(folder);
    ledger = CrashPointsTest.open(database);
    block = await(ledger.reserveStatusBlock(LATER));
    List<Entry> hosts = new ArrayList<>();
    hosts.add(Entry.of(leaf(), new SetEpoch(1, Samples.digest(), false)));
    for (int i = 0; i < DECISIONS; i++) {
      hosts.add(Entry.of(leaf(), Samples.host(name(i))));
    }
    for (CommitOutcome outcome : commit(hosts)) {
      receipt(outcome);
    }
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private static String name(int host) {
    return "host-" + host;
  }

  private static AkName ak(int host) {
    return akName(name(host));
  }

  private Entry decision(int host, Hash nonce, UuidV7 jti, StatusIndex bit, Since since) {
    return Entry.of(
            leaf(jti),
            new ConsumeNonce(nonce, LATER),
            new RecordArtifact(
                jti,
                LATER,
                Optional.of(bit),
                Optional.of(
                    new SetLastSeen(
                        ak(host), new HostClock(ticks++, 1, 2, true), NOW, NOW, since))))
        .given(new EpochIs(1), new HostActive(ak(host)));
  }

  private Entry first(int host) {
    return decision(host, nonce(), uuid(), block.index(used++), new Since.Nothing());
  }

  private Entry again(int host) {
    Since same = new Since.SameBoot(NOW.minusSeconds(9), Duration.ofSeconds(2));
    return decision(host, nonce(), uuid(), block.index(used++), same);
  }

  private List<Entry> firstOfEach() {
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < DECISIONS; i++) {
      entries.add(first(i));
    }
    return entries;
  }

  /** All in one batch, for the writer waits until they are all there. */
  private List<CommitOutcome> commit(List<Entry> entries) throws Exception {
    database.awaitIdle(ledger.size());
    CountDownLatch gate = database.stop();
    CompletionStage<CommitOutcome> held = ledger.commit(Samples.entry());
    CompletionStage<List<CommitOutcome>> outcomes = ledger.commit(entries);
    gate.countDown();
    receipt(await(held));
    return await(outcomes);
  }

  /** That all are admitted but one, with leaves that follow one another; and why that one was not. */
  private static CommitOutcome onlyLost(List<CommitOutcome> outcomes, int lost) throws Exception {
    long next = -1;
    for (int i = 0; i < outcomes.size(); i++) {
      if (i != lost) {
        Receipt receipt = receipt(outcomes.get(i));
        assertThat(receipt.index()).isEqualTo(next < 0 ? receipt.index() : next);
        next = receipt.index() + 1;
      }
    }
    return outcomes.get(lost);
  }

  @Test
  void decisionsOnManyHosts_takeNoMoreStatementsThanOnTwo() throws Exception {
    long ofTwo = steps(List.of(first(0), first(1)));
    List<Entry> many = new ArrayList<>();
    for (int i = 2; i < DECISIONS; i++) {
      many.add(first(i));
    }
    // Or one batch more, where not all of them had come; each alone would take seven.
    assertThat(steps(many)).isLessThan(ofTwo + 3L * DECISIONS);
  }

  private long steps(List<Entry> entries) throws Exception {
    database.awaitIdle(ledger.size());
    long before = database.steps();
    for (CommitOutcome outcome : commit(entries)) {
      receipt(outcome);
    }
    database.awaitIdle(ledger.size());
    return database.steps() - before;
  }

  @Test
  void everyArtifact_isInItsHostsChain() throws Exception {
    for (CommitOutcome outcome : commit(firstOfEach())) {
      receipt(outcome);
    }
    List<Entry> second = new ArrayList<>();
    for (int i = 0; i < DECISIONS; i++) {
      second.add(again(i));
    }
    for (CommitOutcome outcome : commit(second)) {
      receipt(outcome);
    }
    for (int i = 0; i < DECISIONS; i++) {
      assertThat(ledger.liveArtifacts(ak(i))).isEqualTo(new LiveArtifacts(2, List.of(0)));
    }
    receipt(commit(List.of(Entry.of(leaf(), new VoidArtifacts(ak(7))))).get(0));
    assertThat(ledger.liveArtifacts(ak(7)).number()).isZero();
    assertThat(ledger.liveArtifacts(ak(8)).number()).isEqualTo(2);
  }

  @Test
  void decisionsOnOneHost_inOneBatch_followOneAnother() throws Exception {
    List<Entry> entries = new ArrayList<>(List.of(first(0), first(1)));
    for (int i = 0; i < 5; i++) {
      entries.add(again(0));
    }
    for (CommitOutcome outcome : commit(entries)) {
      receipt(outcome);
    }
    assertThat(ledger.liveArtifacts(ak(0)).number()).isEqualTo(6);
  }

  @Test
  void nonceTakenBefore_losesItsEntryAlone() throws Exception {
    Hash nonce = nonce();
    receipt(commit(List.of(Samples.issue(nonce))).get(0));
    List<Entry> entries = firstOfEach();
    entries.set(17, decision(17, nonce, uuid(), block.index(used++), new Since.Nothing()));

    assertThat(onlyLost(commit(entries), 17))
        .isEqualTo(new Replayed(new ConsumeNonce(nonce, LATER)));
    assertThat(ledger.lastSeen(ak(17))).isEmpty();
    receipt(commit(List.of(first(17))).get(0));
  }

  @Test
  void nonceTwiceInOneBatch_isTheFirstEntrys() throws Exception {
    Hash nonce = nonce();
    List<Entry> entries = firstOfEach();
    entries.set(3, decision(3, nonce, uuid(), block.index(used++), new Since.Nothing()));
    entries.set(30, decision(30, nonce, uuid(), block.index(used++), new Since.Nothing()));

    assertThat(onlyLost(commit(entries), 30)).isInstanceOf(Replayed.class);
  }

  @Test
  void hostThatIsSuspended_losesItsEntryAlone() throws Exception {
    receipt(commit(List.of(Entry.of(leaf(), new SetHostState(ak(9), HostState.SUSPENDED)))).get(0));

    assertThat(onlyLost(commit(firstOfEach()), 9)).isEqualTo(new Superseded(new HostActive(ak(9))));
  }

  @Test
  void epochThatEnded_losesEveryEntry() throws Exception {
    receipt(commit(List.of(Entry.of(leaf(), new SetEpoch(2, Samples.digest(), false)))).get(0));

    assertThat(commit(firstOfEach())).containsOnly(new Superseded(new EpochIs(1)));
  }

  @Test
  void hostThatMoved_losesItsEntryAlone() throws Exception {
    receipt(commit(List.of(first(5))).get(0));

    assertThat(onlyLost(commit(firstOfEach()), 5))
        .isEqualTo(new Superseded(new LastSeenMoved(ak(5))));
  }

  @Test
  void jtiOrBitOfAnother_losesItsEntryAlone() throws Exception {
    UuidV7 jti = uuid();
    StatusIndex bit = block.index(used++);
    receipt(commit(List.of(decision(0, nonce(), jti, bit, new Since.Nothing()))).get(0));
    List<Entry> entries = firstOfEach();
    entries.set(0, again(0));

    entries.set(1, decision(1, nonce(), jti, block.index(used++), new Since.Nothing()));
    assertRefused(onlyLost(commit(entries), 1), Refusal.JTI_TAKEN);
    entries = new ArrayList<>(List.of(again(0), again(2)));
    entries.add(decision(1, nonce(), uuid(), bit, new Since.Nothing()));
    assertRefused(onlyLost(commit(entries), 2), Refusal.STATUS_INDEX_TAKEN);
    entries = new ArrayList<>(List.of(again(0), again(2)));
    entries.add(
        decision(1, nonce(), uuid(), StatusIndex.ofNumber(900_000_000), new Since.Nothing()));
    assertRefused(onlyLost(commit(entries), 2), Refusal.STATUS_INDEX_NOT_RESERVED);
  }

  private static void assertRefused(CommitOutcome outcome, Refusal why) {
    assertThat(outcome)
        .isInstanceOfSatisfying(Refused.class, refused -> assertThat(refused.why()).isEqualTo(why));
  }
}
