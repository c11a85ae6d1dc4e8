// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.akName;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.Samples.uuid;
import static dev.writ.ledger.TestLedgers.await;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.AkName;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.LastSeenMoved;
import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.Precondition.ParentLive;
import dev.writ.ledger.StateChange.ConsumeNonce;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.RevokeArtifact;
import dev.writ.ledger.StateChange.SetLastSeen;
import dev.writ.ledger.StateChange.Since;
import dev.writ.ledger.StateChange.VoidArtifacts;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was last seen of hosts, and what a new boot takes with it. */
@Tag("any-store")
class LastSeenTest {
  private static final AkName HOST = akName("host");
  private static final Since NOTHING = new Since.Nothing();
  private static final LastSeenMoved MOVED = new LastSeenMoved(HOST);
  private static final Instant BEFORE = NOW.minusSeconds(30);
  private static final Instant ANCHOR = NOW.minusSeconds(20);
  private static final Duration SLACK = Duration.ofSeconds(2);

  @TempDir Path folder;
  private Ledger ledger;
  private StatusBlock block;
  private int used;

  @BeforeEach
  void open() throws Exception {
    ledger = TestLedgers.open(folder);
    block = await(ledger.reserveStatusBlock(LATER));
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private static Since sameBoot(Instant challenged) {
    return new Since.SameBoot(challenged, SLACK);
  }

  private static HostClock clock(long ticks, long resets, long restarts) {
    return new HostClock(ticks, resets, restarts, true);
  }

  private static SetLastSeen seen(HostClock clock, Since since) {
    return new SetLastSeen(HOST, clock, NOW, ANCHOR, since);
  }

  private CommitOutcome record(SetLastSeen change) {
    return commit(ledger, Entry.of(leaf(), change));
  }

  @CanIgnoreReturnValue
  private long recorded(SetLastSeen change) throws Exception {
    return receipt(record(change)).index();
  }

  private LastSeen lastSeen() throws Exception {
    return ledger.lastSeen(HOST).orElseThrow();
  }

  /** Bits are given in order: 0, 1, … */
  private Entry issuing(UuidV7 jti, Instant expires, SetLastSeen seen) {
    return Entry.of(
        leaf(jti),
        new RecordArtifact(jti, expires, Optional.of(block.index(used++)), Optional.of(seen)));
  }

  @CanIgnoreReturnValue
  private UuidV7 issued(Instant expires, SetLastSeen seen) throws Exception {
    UuidV7 jti = uuid();
    receipt(commit(ledger, issuing(jti, expires, seen)));
    return jti;
  }

  private BitSet bits() throws LedgerException {
    return ledger.statusSnapshot(List.of(0), Duration.ZERO).revoked(0);
  }

  private static BitSet bits(int... set) {
    BitSet bits = new BitSet();
    for (int bit : set) {
      bits.set(bit);
    }
    return bits;
  }

  private boolean isRevoked(UuidV7 jti) throws Exception {
    return ledger.artifact(jti).orElseThrow().revoked();
  }

  @Test
  void nothingSeen_isRecordedOnce() throws Exception {
    assertThat(ledger.lastSeen(HOST)).isEmpty();
    SetLastSeen first = seen(clock(5, 1, 2), NOTHING);
    long index = recorded(first);

    assertThat(lastSeen()).isEqualTo(new LastSeen(HOST, clock(5, 1, 2), NOW, ANCHOR, index));
    assertThat(record(first)).isEqualTo(new Superseded(MOVED));
    ledger.close();
    ledger = TestLedgers.open(folder);
    assertThat(lastSeen().leafIndex()).isEqualTo(index);
  }

  @Test
  void sameBoot_keepsTheGreatestClock() throws Exception {
    recorded(seen(clock(50, 1, 2), NOTHING));
    Since overlapping = sameBoot(BEFORE);

    long index = recorded(seen(clock(40, 1, 2), overlapping));
    assertThat(lastSeen()).isEqualTo(new LastSeen(HOST, clock(50, 1, 2), NOW, ANCHOR, index));

    Instant then = NOW.plusMillis(7);
    index =
        recorded(new SetLastSeen(HOST, clock(60, 1, 2), then, ANCHOR.plusMillis(3), overlapping));
    assertThat(lastSeen())
        .isEqualTo(new LastSeen(HOST, clock(60, 1, 2), then, ANCHOR.plusMillis(3), index));
  }

  /** Whether it is safe or not: in one boot it never falls. */
  @Test
  void sameBoot_clockLowerThanOneSeenBeforeTheChallenge_isSuperseded() throws Exception {
    recorded(seen(clock(50_000, 1, 2), NOTHING));
    Since later = sameBoot(NOW.plusMillis(2001));

    assertThat(record(seen(clock(49_999, 1, 2), later))).isEqualTo(new Superseded(MOVED));
    assertThat(record(seen(new HostClock(49_999, 1, 2, false), later)))
        .isEqualTo(new Superseded(MOVED));
    recorded(seen(clock(50_000, 1, 2), later));
    assertThat(lastSeen().clock()).isEqualTo(clock(50_000, 1, 2));
  }

  @Test
  void sameBoot_clockAndTimeWithinTheSlack_isAsSideBySide() throws Exception {
    recorded(seen(clock(50_000, 1, 2), NOTHING));
    Since later = sameBoot(NOW.plusMillis(2000));

    assertThat(record(seen(clock(47_999, 1, 2), later))).isEqualTo(new Superseded(MOVED));
    long index = recorded(seen(clock(48_000, 1, 2), later));
    assertThat(lastSeen()).isEqualTo(new LastSeen(HOST, clock(50_000, 1, 2), NOW, ANCHOR, index));
    recorded(seen(clock(-1, 1, 2), later));
    recorded(seen(clock(-1000, 1, 2), later));
    assertThat(lastSeen().clock()).isEqualTo(clock(-1, 1, 2));
  }

  @Test
  void clock_isUnsigned() throws Exception {
    recorded(seen(clock(Long.MAX_VALUE, 1, 2), NOTHING));
    Since later = sameBoot(NOW.plusMillis(1));

    recorded(seen(clock(Long.MIN_VALUE, 1, 2), later));
    assertThat(lastSeen().clock().clock()).isEqualTo(Long.MIN_VALUE);
    assertThat(record(seen(clock(Long.MAX_VALUE - 2000, 1, 2), later)))
        .isEqualTo(new Superseded(MOVED));
  }

  @Test
  void sameBoot_thatIsNoMore_isSuperseded() throws Exception {
    recorded(seen(clock(50, 1, 2), NOTHING));
    Since same = sameBoot(BEFORE);

    assertThat(record(seen(clock(60, 2, 2), same))).isEqualTo(new Superseded(MOVED));
    assertThat(record(seen(clock(60, 1, 3), same))).isEqualTo(new Superseded(MOVED));
  }

  @Test
  void otherBoot_afterWhatWasSeen_isRecorded_andNotAfterAnythingElse() throws Exception {
    long first = recorded(seen(clock(50, 1, 2), NOTHING));
    long second = recorded(seen(clock(51, 1, 2), sameBoot(BEFORE)));
    SetLastSeen booted = seen(clock(10, 2, 0), new Since.OtherBoot(second));

    assertThat(record(seen(clock(10, 2, 0), new Since.OtherBoot(first))))
        .isEqualTo(new Superseded(MOVED));
    long index = recorded(booted);
    assertThat(lastSeen()).isEqualTo(new LastSeen(HOST, clock(10, 2, 0), NOW, ANCHOR, index));
    assertThat(record(booted)).isEqualTo(new Superseded(MOVED));
  }

  @Test
  void superseded_leavesNothing() throws Exception {
    recorded(seen(clock(50, 1, 2), NOTHING));
    Hash nonce = Samples.nonce();
    UuidV7 jti = uuid();
    Entry entry =
        Entry.of(
            leaf(jti),
            new ConsumeNonce(nonce, LATER),
            new RecordArtifact(
                jti,
                LATER,
                Optional.of(block.index(0)),
                Optional.of(seen(clock(60, 2, 0), sameBoot(BEFORE)))));

    assertThat(commit(ledger, entry)).isEqualTo(new Superseded(MOVED));
    assertThat(ledger.artifact(jti)).isEmpty();
    assertThat(ledger.size()).isEqualTo(1);
    receipt(commit(ledger, Samples.issue(nonce)));
  }

  @Test
  void voidArtifacts_revokesAllThatLive_inOneLeaf_andTheNextTokenSaysSo() throws Exception {
    UuidV7 ended = issued(NOW, seen(clock(50, 1, 2), NOTHING));
    UuidV7 live = issued(LATER, seen(clock(51, 1, 2), sameBoot(BEFORE)));
    UuidV7 revoked = issued(LATER, seen(clock(52, 1, 2), sameBoot(BEFORE)));
    UuidV7 shorter = issued(NOW.plusSeconds(1), seen(clock(53, 1, 2), sameBoot(BEFORE)));
    UuidV7 ofNobody = uuid();
    receipt(
        commit(
            ledger,
            Entry.of(
                leaf(ofNobody),
                new RecordArtifact(ofNobody, LATER, Optional.of(block.index(used++))))));
    receipt(commit(ledger, Entry.of(leaf(), new RevokeArtifact(revoked))));
    assertThat(ledger.liveArtifacts(HOST)).isEqualTo(new LiveArtifacts(2, List.of(0)));
    long before = ledger.size();

    receipt(
        commit(
            ledger,
            Entry.of(
                leaf(),
                seen(clock(60, 2, 0), new Since.OtherBoot(lastSeen().leafIndex())),
                new VoidArtifacts(HOST))));

    assertThat(ledger.size()).isEqualTo(before + 1);
    assertThat(List.of(isRevoked(live), isRevoked(shorter), isRevoked(revoked))).containsOnly(true);
    assertThat(List.of(isRevoked(ended), isRevoked(ofNobody))).containsOnly(false);
    assertThat(bits()).isEqualTo(bits(1, 2, 3));
    assertThat(ledger.liveArtifacts(HOST)).isEqualTo(new LiveArtifacts(0, List.of()));
    assertThat(commit(ledger, Entry.of(leaf()).given(new ParentLive(live))))
        .isEqualTo(new Superseded(new ParentLive(live)));
  }

  @Test
  void voidArtifacts_inTheBatchOfAnArtifact_takesWhatCameBeforeIt() throws Exception {
    long first = recorded(seen(clock(50, 1, 2), NOTHING));
    UuidV7 before = uuid();
    UuidV7 after = uuid();
    List<Entry> batch = new ArrayList<>();
    batch.add(issuing(before, LATER, seen(clock(51, 1, 2), sameBoot(BEFORE))));
    batch.add(
        Entry.of(
            leaf(),
            new VoidArtifacts(HOST),
            seen(clock(52, 2, 0), new Since.OtherBoot(first + 1))));
    batch.add(issuing(after, LATER, seen(clock(53, 2, 0), sameBoot(BEFORE))));

    for (CommitOutcome outcome : commit(ledger, batch)) {
      receipt(outcome);
    }
    assertThat(isRevoked(before)).isTrue();
    assertThat(isRevoked(after)).isFalse();
    assertThat(bits()).isEqualTo(bits(0));
  }

  @Test
  void artifactOfAnEarlierBoot_afterTheNewBoot_isSuperseded() throws Exception {
    UuidV7 first = issued(LATER, seen(clock(50, 1, 2), NOTHING));
    recorded(seen(clock(60, 2, 0), new Since.OtherBoot(lastSeen().leafIndex())));

    UuidV7 late = uuid();
    assertThat(commit(ledger, issuing(late, LATER, seen(clock(51, 1, 2), sameBoot(BEFORE)))))
        .isEqualTo(new Superseded(MOVED));
    assertThat(isRevoked(first)).isFalse();
  }

  @Test
  void longerLivedArtifact_behindOnesThatEnded_isVoided() throws Exception {
    UuidV7 longest = issued(LATER, seen(clock(50, 1, 2), NOTHING));
    for (int i = 0; i < 3; i++) {
      issued(NOW.minusSeconds(i), seen(clock(51 + i, 1, 2), sameBoot(BEFORE)));
    }

    receipt(commit(ledger, Entry.of(leaf(), new VoidArtifacts(HOST))));
    assertThat(isRevoked(longest)).isTrue();
    assertThat(bits()).isEqualTo(bits(0));
  }

  @Test
  void voided_isNotLookedAtAgain() throws Exception {
    UuidV7 old = issued(LATER, seen(clock(50, 1, 2), NOTHING));
    receipt(commit(ledger, Entry.of(leaf(), new VoidArtifacts(HOST))));
    ledger.close();
    // Whatever walks over it again finds it.
    TestLedgers.tamper(
        folder, "UPDATE artifact SET revoked = 0; UPDATE status_index SET revoked = 0");
    ledger = TestLedgers.open(folder);

    assertThat(ledger.liveArtifacts(HOST)).isEqualTo(new LiveArtifacts(0, List.of()));
    receipt(commit(ledger, Entry.of(leaf(), new VoidArtifacts(HOST))));
    assertThat(isRevoked(old)).isFalse();
    UuidV7 next = issued(LATER, seen(clock(51, 1, 2), sameBoot(BEFORE)));
    assertThat(ledger.liveArtifacts(HOST)).isEqualTo(new LiveArtifacts(1, List.of(0)));
    receipt(commit(ledger, Entry.of(leaf(), new VoidArtifacts(HOST))));
    assertThat(List.of(isRevoked(old), isRevoked(next))).containsExactly(false, true);
  }

  /** By a ledger that waits longer than another: the machine may have other work. */
  @Test
  void hundredThousandArtifacts_areVoidedInOneEntry() throws Exception {
    issued(LATER, seen(clock(50, 1, 2), NOTHING));
    ledger.close();
    lengthenChain(100_000);
    ledger =
        Ledger.open(
            TestLedgers.database(folder),
            new CommitLimits(100, 100, Duration.ofMinutes(2)),
            Samples.ORIGIN,
            List.of(TestLedgers.SIGNER),
            Samples.CLOCK,
            LedgerEvents.NONE);
    assertThat(ledger.liveArtifacts(HOST)).isEqualTo(new LiveArtifacts(100_001, List.of(0)));

    receipt(commit(ledger, Entry.of(leaf(), new VoidArtifacts(HOST))));
    assertThat(bits().cardinality()).isEqualTo(100_001);
    assertThat(ledger.liveArtifacts(HOST)).isEqualTo(new LiveArtifacts(0, List.of()));
  }

  /** Puts so many more artifacts before the host's newest, with bits from 1 on. */
  private void lengthenChain(int length) throws Exception {
    String insert =
        "INSERT INTO artifact (jti, leaf_index, expires, revoked, status, previous, ends)";
    TestLedgers.tamper(
        folder,
        ("CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                + " WHERE i < %1$d) SELECT i, %3$s AS jti, %4$s AS previous FROM n;"
                + insert
                + " SELECT jti, i, %2$d, 0, i, previous, %2$d FROM n;"
                + "INSERT INTO status_index (number, leaf_index, expires, revoked)"
                + " SELECT i, i, %2$d, 0 FROM n;"
                + "UPDATE artifact SET previous = (SELECT jti FROM n WHERE i = 1) WHERE status = 0")
            .formatted(
                length,
                LATER.toEpochMilli(),
                StoreUnderTest.digits("i"),
                StoreUnderTest.digits("i + 1")));
  }

  /** Its block was reserved again since. */
  @Test
  void bitThatIsAnotherArtifacts_isLeft() throws Exception {
    UuidV7 first = issued(LATER, seen(clock(50, 1, 2), NOTHING));
    ledger.close();
    TestLedgers.tamper(folder, "UPDATE status_index SET leaf_index = 77 WHERE number = 0");
    ledger = TestLedgers.open(folder);

    receipt(commit(ledger, Entry.of(leaf(), new VoidArtifacts(HOST))));
    assertThat(isRevoked(first)).isTrue();
    assertThat(bits()).isEqualTo(bits());
  }

  @Test
  void voidArtifacts_ofAnotherHostOrOfNone_isOfNoEffect() throws Exception {
    UuidV7 live = issued(LATER, seen(clock(50, 1, 2), NOTHING));

    receipt(commit(ledger, Entry.of(leaf(), new VoidArtifacts(akName("another")))));
    assertThat(isRevoked(live)).isFalse();
  }

  @Test
  void count_of33Bits_isNone() {
    assertThatThrownBy(() -> clock(1, 0x1_0000_0000L, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("from 0 to 4294967295");
  }
}
