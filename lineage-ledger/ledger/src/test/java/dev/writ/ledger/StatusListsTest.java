// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.Samples.uuid;
import static dev.writ.ledger.TestLedgers.assertRefused;
import static dev.writ.ledger.TestLedgers.await;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.failure;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.RevokeArtifact;
import dev.writ.ledger.StateChange.SetEpoch;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which artifact has which bit, and what a status token may say of it. */
@Tag("any-store")
class StatusListsTest {
  private static final Duration MARGIN = Duration.ofSeconds(30);

  @TempDir Path folder;
  private volatile Instant now = NOW;
  private Ledger ledger;

  @BeforeEach
  void open() throws Exception {
    ledger =
        Ledger.open(
            TestLedgers.store(folder), Samples.ORIGIN, List.of(TestLedgers.SIGNER), () -> now);
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private void reopen() throws Exception {
    ledger.close();
    open();
  }

  @CanIgnoreReturnValue
  private StatusBlock reserve(Instant freeAt) {
    return await(ledger.reserveStatusBlock(freeAt));
  }

  private StatusSnapshot snapshot(Integer... lists) throws LedgerException {
    return ledger.statusSnapshot(List.of(lists), MARGIN);
  }

  @CanIgnoreReturnValue
  private UuidV7 issued(Instant expires, StatusIndex index) throws Exception {
    UuidV7 jti = uuid();
    receipt(
        commit(ledger, Entry.of(leaf(jti), new RecordArtifact(jti, expires, Optional.of(index)))));
    return jti;
  }

  private void revoke(UuidV7 jti) throws Exception {
    receipt(commit(ledger, Entry.of(leaf(), new RevokeArtifact(jti))));
  }

  private static BitSet bits(int... set) {
    BitSet bits = new BitSet();
    for (int bit : set) {
      bits.set(bit);
    }
    return bits;
  }

  @Test
  void blocks_oneAfterTheOther_fillListAfterList() throws Exception {
    assertThat(reserve(LATER)).isEqualTo(new StatusBlock(0, 0, 4096));
    assertThat(reserve(LATER)).isEqualTo(new StatusBlock(0, 4096, 4096));
    reopen();
    for (int i = 2; i < 31; i++) {
      assertThat(reserve(LATER).firstIdx()).isEqualTo(4096 * i);
    }
    assertThat(reserve(LATER)).isEqualTo(new StatusBlock(0, (1 << 17) - 4096, 4096));
    assertThat(ledger.statusLists()).containsExactly(0);
    assertThat(reserve(LATER)).isEqualTo(new StatusBlock(1, 0, 4096));
    assertThat(ledger.statusLists()).containsExactly(0, 1);
  }

  @Test
  void block_whoseTimeIsPast_isReusedLowestFirst() {
    StatusBlock first = reserve(NOW.plusSeconds(20));
    StatusBlock second = reserve(NOW.plusSeconds(10));
    now = NOW.plusSeconds(10).minusMillis(1);
    assertThat(reserve(LATER).firstIdx()).as("nothing is free yet").isEqualTo(8192);
    now = NOW.plusSeconds(10);
    assertThat(reserve(LATER)).isEqualTo(second);
    now = NOW.plusSeconds(20);
    assertThat(reserve(NOW.plusSeconds(60))).isEqualTo(first);
    now = NOW.plusSeconds(60);
    assertThat(reserve(LATER)).isEqualTo(first);
    now = NOW;
    assertThat(reserve(LATER).firstIdx()).as("the clock fell back").isEqualTo(4096 * 3);
  }

  @Test
  void block_withoutTimeToCome_isNotReserved() {
    assertThat(failure(ledger.reserveStatusBlock(NOW)))
        .hasMessageContaining("must be after the ledger's clock")
        .hasMessageContaining("was " + NOW);
    assertThat(reserve(NOW.plusMillis(1)).firstIdx()).isZero();
  }

  @Test
  void blocks_reservedAtOnce_areDifferent() {
    List<CompletableFuture<StatusBlock>> answers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      answers.add(ledger.reserveStatusBlock(LATER).toCompletableFuture());
    }
    Set<StatusBlock> blocks = new HashSet<>();
    answers.forEach(answer -> blocks.add(answer.join()));
    assertThat(blocks).hasSize(100);
  }

  @Test
  void lists_ofWhichNoBlockCounts_areNotInUse() {
    assertThat(ledgerLists()).isEmpty();
    StatusBlock unused = reserve(NOW.plusSeconds(10));
    assertThat(ledgerLists()).containsExactly(unused.list());
    now = NOW.plusSeconds(10);
    assertThat(ledgerLists()).isEmpty();
  }

  private List<Integer> ledgerLists() {
    try {
      return ledger.statusLists();
    } catch (LedgerException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void index_ofAnotherArtifact_isRefused() throws Exception {
    StatusIndex index = reserve(LATER).index(7);
    UuidV7 first = issued(NOW.plusSeconds(1), index);
    assertThat(ledger.artifact(first).orElseThrow().status()).contains(index);
    now = NOW.plusSeconds(100);
    UuidV7 second = uuid();
    assertRefused(
        ledger, new RecordArtifact(second, LATER, Optional.of(index)), Refusal.STATUS_INDEX_TAKEN);
    assertThat(ledger.artifact(second)).as("a loser leaves nothing").isEmpty();
    issued(LATER, new StatusIndex(index.list(), 8));
  }

  @Test
  void index_outsideAnyBlockOrPastItsEnd_isRefused() throws Exception {
    StatusBlock block = reserve(LATER);
    issued(LATER, block.index(0));
    assertRefused(
        ledger,
        new RecordArtifact(uuid(), LATER.plusMillis(1), Optional.of(block.index(1))),
        Refusal.STATUS_INDEX_NOT_RESERVED);
    assertRefused(
        ledger,
        new RecordArtifact(uuid(), NOW, Optional.of(new StatusIndex(0, 4096))),
        Refusal.STATUS_INDEX_NOT_RESERVED);
    assertThatThrownBy(() -> block.index(4096)).hasMessageContaining("from 0 to before 4096");
    assertThatThrownBy(() -> new StatusIndex(0, 1 << 17)).hasMessageContaining("0 to 131071");
  }

  @Test
  void reusedIndex_startsUnrevokedAndIsNotItsFormerHolders() throws Exception {
    StatusBlock block = reserve(NOW.plusSeconds(10));
    UuidV7 early = issued(NOW.plusSeconds(1), block.index(5));
    UuidV7 late = issued(NOW.plusSeconds(1), block.index(6));
    revoke(early);
    assertThat(snapshot(0).revoked(0)).isEqualTo(bits(5));

    now = NOW.plusSeconds(10);
    assertThat(reserve(LATER)).isEqualTo(block);
    assertThat(snapshot(0).revoked(0)).isEqualTo(bits());
    UuidV7 fifth = issued(LATER, block.index(5));
    UuidV7 sixth = issued(LATER, block.index(6));
    revoke(late);
    assertThat(snapshot(0).revoked(0)).as("the former holder's revocation").isEqualTo(bits());
    revoke(sixth);
    assertThat(snapshot(0).revoked(0)).isEqualTo(bits(6));
    assertThat(ledger.artifact(fifth).orElseThrow().revoked()).isFalse();
    assertThat(ledger.artifact(early).orElseThrow().revoked()).isTrue();
  }

  @Test
  void snapshot_hasEachRevokedBitOfEachListUntilTheMarginIsOver() throws Exception {
    for (int i = 0; i < 33; i++) {
      reserve(LATER.plusSeconds(100));
    }
    UuidV7 low = issued(LATER, new StatusIndex(0, 0));
    UuidV7 high = issued(LATER.plusMillis(1), new StatusIndex(0, (1 << 17) - 1));
    UuidV7 next = issued(LATER, new StatusIndex(1, 0));
    issued(LATER, new StatusIndex(1, 1));
    assertThat(snapshot(0, 1).revoked().values()).containsOnly(bits());
    revoke(low);
    revoke(high);
    revoke(next);
    StatusSnapshot snapshot = snapshot(0, 1, 7);
    assertThat(snapshot.revoked(0)).isEqualTo(bits(0, (1 << 17) - 1));
    assertThat(snapshot.revoked(1)).isEqualTo(bits(0));
    assertThat(snapshot.revoked(7)).isEqualTo(bits());
    assertThatThrownBy(() -> snapshot.revoked(2)).hasMessageContaining("one of [0, 1, 7], was 2");
    reopen();
    assertThat(snapshot(0).revoked(0)).isEqualTo(bits(0, (1 << 17) - 1));

    now = LATER.plus(MARGIN);
    assertThat(snapshot(0).revoked(0)).isEqualTo(bits(0, (1 << 17) - 1));
    now = now.plusMillis(1);
    assertThat(snapshot(0).revoked(0)).isEqualTo(bits((1 << 17) - 1));
  }

  @Test
  void snapshot_whateverTheClockDoes_isLaterThanTheOneBefore() throws Exception {
    Instant first = snapshot().at();
    assertThat(first).isEqualTo(NOW);
    assertThat(snapshot().at()).isEqualTo(NOW.plusMillis(1));
    now = NOW.plusSeconds(9);
    assertThat(snapshot().at()).isEqualTo(now);
    now = NOW.minusSeconds(100);
    assertThat(snapshot().at()).isEqualTo(NOW.plusSeconds(9).plusMillis(1));
    reopen();
    assertThat(snapshot().at()).isEqualTo(NOW.plusSeconds(9).plusMillis(2));
  }

  @Test
  void snapshot_ofTheHead_isOfACheckpointAndNamesThePolicyInForce() throws Exception {
    assertThat(snapshot().policy()).isEmpty();
    Receipt receipt = receipt(commit(ledger, Entry.of(leaf(), epoch(1, false))));
    StatusSnapshot snapshot = snapshot();
    assertThat(snapshot.policy()).isEqualTo(ledger.policyEpoch());
    assertThat(snapshot.policy().orElseThrow().minEpoch()).isEqualTo(1);
    Checkpoint checkpoint = Checkpoint.parse(receipt.checkpoint().text());
    assertThat(snapshot.treeSize()).isEqualTo(checkpoint.size());
    assertThat(snapshot.root()).isEqualTo(checkpoint.root());

    assertThat(minEpochAfter(epoch(2, false))).isEqualTo(1);
    assertThat(minEpochAfter(epoch(3, true))).isEqualTo(3);
    assertThat(minEpochAfter(epoch(4, false))).isEqualTo(3);
    assertThat(ledger.policyEpoch(2).orElseThrow().minEpoch()).as("as it was").isEqualTo(1);
  }

  private static SetEpoch epoch(long epoch, boolean raisesMinimum) {
    return new SetEpoch(epoch, Samples.digest(), raisesMinimum);
  }

  private long minEpochAfter(SetEpoch change) throws Exception {
    receipt(commit(ledger, Entry.of(leaf(), change)));
    return snapshot().policy().orElseThrow().minEpoch();
  }

  @Test
  void snapshots_amidCommits_riseWithTheTreeAndHaveExactlyTheRevocationsInIt() throws Exception {
    StatusBlock block = reserve(LATER);
    List<UuidV7> artifacts = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      artifacts.add(issued(LATER, block.index(i)));
    }
    List<CompletableFuture<CommitOutcome>> outcomes = new ArrayList<>();
    List<StatusSnapshot> snapshots = new ArrayList<>();
    for (UuidV7 jti : artifacts) {
      outcomes.add(ledger.commit(Entry.of(leaf(), new RevokeArtifact(jti))).toCompletableFuture());
      if (outcomes.size() % 4 == 0) {
        snapshots.add(snapshot(0));
      }
    }
    Map<Long, Hash> roots = new HashMap<>();
    StatusSnapshot before = snapshots.get(0);
    for (StatusSnapshot snapshot : snapshots) {
      BitSet revoked = new BitSet();
      for (int i = 0; i < outcomes.size(); i++) {
        revoked.set(i, receipt(outcomes.get(i).join()).index() < snapshot.treeSize());
      }
      assertThat(snapshot.revoked(0)).isEqualTo(revoked);
      assertThat(snapshot.treeSize()).isGreaterThanOrEqualTo(before.treeSize());
      assertThat(snapshot.equals(before) || snapshot.at().isAfter(before.at())).isTrue();
      Hash other = roots.putIfAbsent(snapshot.treeSize(), snapshot.root());
      assertThat(other == null || other.equals(snapshot.root())).isTrue();
      before = snapshot;
    }
  }

  @Test
  void revocation_aSecondTime_isRefusedAndOfAnExpiredArtifactIsNot() throws Exception {
    UuidV7 jti = issued(NOW, reserve(LATER).index(0));
    now = NOW.plusSeconds(5);
    revoke(jti);
    assertRefused(ledger, new RevokeArtifact(jti), Refusal.ALREADY_REVOKED);
    assertRefused(ledger, new RevokeArtifact(uuid()), Refusal.ARTIFACT_UNKNOWN);
  }
}
