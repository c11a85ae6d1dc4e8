// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static dev.writ.ledger.TestLedgers.tamper;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.Admission;
import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.PcrBankSelection;
import dev.writ.artifact.PolicyReference;
import dev.writ.artifact.ServiceStart;
import dev.writ.artifact.StartBinding;
import dev.writ.artifact.TrustReference;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.ProofOutcome;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What lies beside leaves: bound to them, kept as long as it must be, and gone after that. */
@Tag("any-store")
final class PayloadsTest {
  private static final RetentionPeriod DAYS = new RetentionPeriod(30);
  private static final byte[] PAYLOAD = text("what somebody wants forgotten ");

  @TempDir Path folder;
  private volatile Instant now = Samples.NOW;
  private Ledger ledger;

  private static byte[] text(String of) {
    return of.repeat(300).getBytes(StandardCharsets.UTF_8);
  }

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

  private Leaf leaf(LeafBody body) {
    return Leaf.of(now, Samples.uuid(), List.of(), body);
  }

  @CanIgnoreReturnValue
  private long put(Entry entry) throws Exception {
    return receipt(commit(ledger, entry)).index();
  }

  private long decision() throws Exception {
    return put(Entry.of(Samples.leafAt(now)).withPayload(PAYLOAD));
  }

  private long enrolled(String name) throws Exception {
    Hash any = Samples.digest();
    LeafBody body = new LeafBody.Enrolment(new Commitment(any), any, any, Admission.LISTED);
    return put(Entry.of(leaf(body), Samples.host(name)).withPayload(PAYLOAD));
  }

  private long policy(long epoch) throws Exception {
    Hash digest = Samples.digest();
    LeafBody body = new LeafBody.PolicyInForce(new PolicyReference("p", epoch, digest, epoch));
    return put(Entry.of(leaf(body), new StateChange.SetEpoch(epoch, digest)).withPayload(PAYLOAD));
  }

  private long start() throws Exception {
    Hash any = Samples.digest();
    LeafBody body =
        new ServiceStart(
            new StartBinding(
                Samples.ORIGIN,
                0,
                any,
                new TrustReference(1, any),
                List.of(new StartBinding.Key(any, KeyRole.ISSUER))),
            new dev.writ.artifact.HostState(
                Samples.akName("own host"),
                List.of(new PcrBankSelection(PcrBankSelection.Bank.SHA256, List.of(7))),
                any,
                1,
                1),
            any,
            Optional.empty());
    return put(Entry.of(leaf(body), new StateChange.RecordStart()).withPayload(PAYLOAD));
  }

  private void pass(Duration time) {
    now = now.plus(time);
  }

  /** All that is due, and how many those were. */
  private int purge(RetentionPeriod period) throws Exception {
    int purged = 0;
    while (ledger.payloads().isPurgeDue(period, now)) {
      purged += TestLedgers.await(ledger.payloads().purge(period)).payloads();
    }
    TestLedgers.await(ledger.payloads().settle());
    return purged;
  }

  private List<Long> kept(long... among) throws Exception {
    List<Long> kept = new ArrayList<>();
    for (long index : among) {
      if (ledger.payload(index).isPresent()) {
        kept.add(index);
      }
    }
    return kept;
  }

  @Test
  void leafOfAnEntry_namesThePayload() throws Exception {
    Leaf leaf = Samples.leaf();
    Entry entry = Entry.of(leaf).withPayload(PAYLOAD);

    assertThat(leaf.payload()).isEmpty();
    assertThat(entry.leaf().payload()).contains(Hash.sha256(PAYLOAD));
    assertThat(entry.given().leaf()).isEqualTo(entry.leaf());
    assertThatThrownBy(() -> entry.withPayload(new byte[] {1}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must name the payload beside it");
    long index = put(entry);
    KeptPayload kept = ledger.payloads().at(index).orElseThrow();
    assertThat(kept.leaf()).isEqualTo(entry.leaf());
    assertThat(kept.bytes()).isEqualTo(PAYLOAD);
    assertThat(kept.isNamed()).isTrue();
    assertThat(ledger.payloads().at(index + 1)).isEmpty();
  }

  @Test
  void payload_changedInOneByte_isGivenToNobody_andCanBeErased() throws Exception {
    long index = decision();
    long other = decision();
    ledger.close();
    try (var store = TestLedgers.connection(folder);
        var change = store.prepareStatement("UPDATE payload SET bytes = ? WHERE leaf_index = ?")) {
      byte[] changed = PAYLOAD.clone();
      changed[changed.length - 1] ^= 1;
      change.setBytes(1, changed);
      change.setLong(2, index);
      assertThat(change.executeUpdate()).isEqualTo(1);
    }
    open();

    assertThatThrownBy(() -> ledger.payload(index))
        .isInstanceOfSatisfying(
            LedgerException.class,
            failure -> assertThat(failure.code()).isEqualTo(KeptPayload.CONTRADICTS))
        .hasMessageContaining("leaf " + index + " must have the SHA-256");
    assertThat(ledger.payload(other)).contains(PAYLOAD);
    assertThat(ledger.payloads().erase(index)).isTrue();
    assertThat(ledger.payload(index)).isEmpty();
  }

  @Test
  void payloadOfAnOlderVersion_isGivenThoughNoLeafNamesIt() throws Exception {
    long index = put(Samples.entry());
    ledger.close();
    tamper(
        folder,
        "INSERT INTO payload (leaf_index, bytes) SELECT leaf_index, bytes FROM leaf WHERE leaf_index = "
            + index);
    open();

    KeptPayload kept = ledger.payloads().at(index).orElseThrow();
    assertThat(kept.isNamed()).isFalse();
    assertThat(kept.bytes()).isEqualTo(kept.leaf().bytes());
    assertThat(kept.retention()).isEqualTo(PayloadRetention.PERIOD);
  }

  @Test
  void payloadBesideNoLeaf_isAContradiction() throws Exception {
    long index = decision();
    ledger.close();
    tamper(folder, "UPDATE payload SET leaf_index = 9 WHERE leaf_index = " + index);
    open();

    assertThatThrownBy(() -> ledger.payload(9))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("beside none");
  }

  @Test
  void payloads_pastTheirPeriod_goButForWhatIsInUse() throws Exception {
    long policy = policy(1);
    long host = enrolled("host-a");
    long revoked = enrolled("host-b");
    long suspended = enrolled("host-c");
    long old = decision();
    long firstStart = start();
    put(Entry.of(Samples.leafAt(now)));
    pass(DAYS.duration());
    long newestStart = start();
    set("host-b", HostState.REVOKED);
    set("host-c", HostState.SUSPENDED);
    long young = decision();
    long[] all = {policy, host, revoked, suspended, old, firstStart, newestStart, young};
    assertThat(purge(DAYS)).as("not a moment before").isZero();

    pass(Duration.ofMillis(1));
    assertThat(purge(DAYS)).isEqualTo(1);
    assertThat(kept(all))
        .containsExactly(policy, host, revoked, suspended, firstStart, newestStart, young);
    assertThat(ledger.payloads().isPurgeDue(DAYS, now)).isFalse();

    pass(DAYS.duration());
    assertThat(purge(DAYS)).as("and a period after what needed them").isEqualTo(3);
    assertThat(kept(all)).containsExactly(policy, host, suspended, newestStart);
    reopen();
    assertThat(purge(DAYS)).isZero();
    assertThat(ledger.payloads().retention(policy)).contains(PayloadRetention.ALWAYS);
    assertThat(ledger.payloads().retention(host)).contains(PayloadRetention.IN_USE);
    assertThat(ledger.payloads().retention(old)).isEmpty();
  }

  private void set(String host, HostState state) throws Exception {
    put(Entry.of(Samples.leafAt(now), new StateChange.SetHostState(Samples.akName(host), state)));
  }

  /** The shortest period against the longest artifact: what is in force is never past it. */
  @Test
  void payloadOfAnArtifactInForce_isKept() throws Exception {
    UuidV7 jti = Samples.uuid();
    Instant ends = now.plus(ArtifactClaims.MAX_LIFETIME);
    long index =
        put(
            Entry.of(Samples.leaf(jti), new StateChange.RecordArtifact(jti, ends, Optional.empty()))
                .withPayload(PAYLOAD));

    now = ends.minusMillis(1);
    assertThat(purge(new RetentionPeriod(1))).isZero();
    assertThat(kept(index)).containsExactly(index);
    pass(new RetentionPeriod(1).duration());
    assertThat(purge(new RetentionPeriod(1))).isEqualTo(1);
  }

  /** Where a clock was set, a leaf that is old lies behind one that is young. */
  @Test
  void payloadsOfLeavesThatAreNotInOrder_goByTheirOwnTimes() throws Exception {
    Instant before = now;
    pass(Duration.ofDays(40));
    long young = decision();
    Instant after = now;
    now = before;
    long[] old = {decision(), decision(), decision()};
    now = after;

    assertThat(purge(DAYS)).isEqualTo(3);
    assertThat(kept(young, old[0], old[1], old[2])).containsExactly(young);
    assertThat(ledger.payloads().isPurgeDue(DAYS, now)).isFalse();
    pass(DAYS.duration().plusMillis(1));
    assertThat(purge(DAYS)).isEqualTo(1);
    assertThat(kept(young)).isEmpty();
  }

  @Test
  void period_thatGetsShorter_purgesMore_andOneThatGetsLongerBringsNothingBack() throws Exception {
    long first = decision();
    pass(Duration.ofDays(5));
    long second = decision();
    pass(Duration.ofDays(4));

    assertThat(purge(new RetentionPeriod(10))).isZero();
    assertThat(purge(new RetentionPeriod(6))).isEqualTo(1);
    assertThat(kept(first, second)).containsExactly(second);
    assertThat(purge(new RetentionPeriod(10))).isZero();
    reopen();
    assertThat(purge(new RetentionPeriod(3))).isEqualTo(1);
    assertThat(kept(first, second)).isEmpty();
  }

  @Test
  void purge_ofManyAndOfLongOnes_isDoneInChunks_andLeavesEveryProof() throws Exception {
    byte[] log = text("boot log ");
    KeptBootLog.Decision allowed = KeptBootLog.Decision.ALLOWED;
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      entries.add(Samples.entry().withPayload(PAYLOAD));
    }
    entries.add(
        Entry.of(
                Samples.leaf(),
                new StateChange.KeepBootLog(
                    Samples.akName("host-a"), allowed, 1, Hash.sha256(log), log))
            .withPayload(PAYLOAD));
    for (int i = 0; i < 3; i++) {
      entries.add(Samples.entry().withPayload(new byte[600 * 1024]));
    }
    List<Receipt> receipts = new ArrayList<>();
    for (CommitOutcome outcome : commit(ledger, entries)) {
      receipts.add((Receipt) outcome);
    }
    pass(DAYS.duration().plusMillis(1));

    List<Integer> chunks = new ArrayList<>();
    for (boolean more = true; more; ) {
      Payloads.Purged purged = TestLedgers.await(ledger.payloads().purge(DAYS));
      chunks.add(purged.payloads());
      more = purged.more();
    }
    assertThat(chunks).containsExactly(64, 64, 25, 1);
    assertThat(ledger.bootLogs(Samples.akName("host-a"))).isEmpty();
    // A server makes room of pages in its own time.
    if (!StoreUnderTest.POSTGRES) {
      TestLedgers.await(ledger.payloads().settle());
      assertThat(onDisk("what somebody wants forgotten")).isFalse();
      assertThat(onDisk("boot log boot log")).isFalse();
    }
    Receipt last = receipt(commit(ledger, Samples.entry()));
    Checkpoint head = Checkpoint.parse(last.checkpoint().text());
    for (Receipt receipt : receipts) {
      assertThat(
              ledger
                  .inclusionProof(receipt.index(), head.size())
                  .orElseThrow()
                  .verify(receipt.leaf().hash(), head.root()))
          .isInstanceOf(ProofOutcome.Proven.class);
    }
    Checkpoint older = Checkpoint.parse(receipts.get(0).checkpoint().text());
    assertThat(
            ledger
                .consistencyProof(older.size(), head.size())
                .orElseThrow()
                .verify(older.root(), head.root()))
        .isInstanceOf(ProofOutcome.Proven.class);
  }

  private boolean onDisk(String text) throws Exception {
    return TestLedgers.isOnDisk(folder, text);
  }

  @Test
  void policy_isErasedByNobody() throws Exception {
    long policy = policy(1);
    assertThat(ledger.payloads().erase(policy)).isFalse();
    assertThat(kept(policy)).containsExactly(policy);
  }

  @Test
  void period_outsideItsBounds_isRefused() {
    for (int days : new int[] {-1, 0, 3651}) {
      assertThatThrownBy(() -> new RetentionPeriod(days))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1 to 3650 days");
    }
  }
}
