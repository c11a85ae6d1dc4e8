// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.akName;
import static dev.writ.ledger.Samples.digest;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.Samples.uuid;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Refused;
import dev.writ.ledger.CommitOutcome.Replayed;
import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.Precondition.EpochIs;
import dev.writ.ledger.Precondition.HostActive;
import dev.writ.ledger.Precondition.KeyActive;
import dev.writ.ledger.Precondition.KeyUnknown;
import dev.writ.ledger.Precondition.ParentLive;
import dev.writ.ledger.StateChange.ConsumeNonce;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.RecordOutcome;
import dev.writ.ledger.StateChange.RecordUse;
import dev.writ.ledger.StateChange.RegisterHost;
import dev.writ.ledger.StateChange.RegisterInstanceKey;
import dev.writ.ledger.StateChange.RevokeArtifact;
import dev.writ.ledger.StateChange.SetEpoch;
import dev.writ.ledger.StateChange.SetHostState;
import dev.writ.ledger.StateChange.SetKey;
import dev.writ.ledger.StateChange.SetMeasuredList;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What changes with a leaf, what must hold for it, and that a loser leaves nothing. */
@Tag("any-store")
class StateTest {
  @TempDir Path folder;
  private Ledger ledger;

  @BeforeEach
  void open() throws Exception {
    ledger = TestLedgers.open(folder);
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  @Test
  void case38_case94_oneNonceFromAHundredThreads_givesOneReceiptAnd99Replayed() throws Exception {
    Hash nonce = Samples.nonce();
    CountDownLatch together = new CountDownLatch(1);
    ConcurrentLinkedQueue<CommitOutcome> outcomes = new ConcurrentLinkedQueue<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  together.await();
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
                outcomes.add(commit(ledger, Samples.issue(nonce)));
              });
      thread.start();
      threads.add(thread);
    }
    together.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(outcomes).hasSize(100);
    assertThat(outcomes.stream().filter(Receipt.class::isInstance)).hasSize(1);
    assertThat(outcomes.stream().filter(Replayed.class::isInstance)).hasSize(99);
    assertThat(ledger.size()).isEqualTo(1);
  }

  @Test
  void case38_nonce_afterRestart_isReplayed() throws Exception {
    Hash nonce = Samples.nonce();
    receipt(commit(ledger, Samples.issue(nonce)));
    ledger.close();
    ledger = TestLedgers.open(folder);
    assertThat(commit(ledger, Samples.issue(nonce))).isInstanceOf(Replayed.class);
  }

  @Test
  void replayed_inABatch_letsTheOthersGoOn() throws Exception {
    Hash nonce = Samples.nonce();
    List<CommitOutcome> outcomes =
        commit(
            ledger,
            List.of(Samples.issue(nonce), Samples.issue(nonce), Samples.issue(Samples.nonce())));
    assertThat(receipt(outcomes.get(0)).index()).isZero();
    assertThat(outcomes.get(1)).isEqualTo(new Replayed(new ConsumeNonce(nonce, LATER)));
    assertThat(receipt(outcomes.get(2)).index()).isEqualTo(1);
  }

  @Test
  void superseded_givesItsNonceBack() throws Exception {
    Hash nonce = Samples.nonce();
    assertThat(commit(ledger, Samples.issue(nonce).given(new EpochIs(1))))
        .isEqualTo(new Superseded(new EpochIs(1)));
    receipt(commit(ledger, Samples.issue(nonce).given(new EpochIs(0))));
  }

  @Test
  void nonce_onceTaken_isConsumed() throws Exception {
    Hash taken = Samples.nonce();
    receipt(commit(ledger, Samples.issue(taken)));

    assertThat(ledger.isConsumed(taken)).isTrue();
    assertThat(ledger.isConsumed(Samples.nonce())).isFalse();
  }

  @Test
  void replayedAndSuperseded_isReplayed() throws Exception {
    Hash nonce = Samples.nonce();
    receipt(commit(ledger, Samples.issue(nonce)));
    assertThat(commit(ledger, Samples.issue(nonce).given(new EpochIs(7))))
        .isInstanceOf(Replayed.class);
  }

  @Test
  void epoch_raisedEarlierInTheBatch_supersedesWhatComesAfter() throws Exception {
    setEpoch(1);
    List<CommitOutcome> outcomes =
        commit(
            ledger,
            List.of(
                Samples.entry().given(new EpochIs(1)),
                Entry.of(leaf(), new SetEpoch(2, digest())),
                Samples.entry().given(new EpochIs(1)),
                Samples.entry().given(new EpochIs(2))));
    assertThat(outcomes.get(0)).isInstanceOf(Receipt.class);
    assertThat(outcomes.get(1)).isInstanceOf(Receipt.class);
    assertThat(outcomes.get(2)).isEqualTo(new Superseded(new EpochIs(1)));
    assertThat(outcomes.get(3)).isInstanceOf(Receipt.class);
  }

  @Test
  void epoch_thatIsNotTheNext_isRefused() throws Exception {
    assertRefused(new SetEpoch(2, digest()), Refusal.EPOCH_NOT_NEXT);
    setEpoch(1);
    assertRefused(new SetEpoch(1, digest()), Refusal.EPOCH_NOT_NEXT);
    assertRefused(new SetEpoch(3, digest()), Refusal.EPOCH_NOT_NEXT);
    assertThat(ledger.policyEpoch().orElseThrow().epoch()).isEqualTo(1);
    assertThat(ledger.policyEpoch(1)).isEqualTo(ledger.policyEpoch());
    assertThat(ledger.policyEpoch(2)).isEmpty();
  }

  private void setEpoch(long epoch) throws Exception {
    receipt(commit(ledger, Entry.of(leaf(), new SetEpoch(epoch, digest()))));
  }

  @Test
  void case29_case30_secondIdentityOrSecondEndorsementKey_isRefused() throws Exception {
    RegisterHost host = Samples.host("a.example");
    Receipt receipt = receipt(commit(ledger, Entry.of(leaf(), host)));
    byte[] area = {1};

    assertRefused(host, Refusal.AK_NAME_TAKEN);
    assertRefused(
        new RegisterHost(akName("other"), host.ekDigest(), "b.example", area), Refusal.EK_TAKEN);
    assertRefused(
        new RegisterHost(akName("other"), host.ekDigest(), host.name(), area), Refusal.EK_TAKEN);
    assertRefused(
        new RegisterHost(akName("other"), digest("other ek"), host.name(), area),
        Refusal.HOST_NAME_TAKEN);
    assertRefused(
        new RegisterHost(host.akName(), digest("other ek"), "b.example", area),
        Refusal.AK_NAME_TAKEN);

    Host found = ledger.host(host.akName()).orElseThrow();
    assertThat(found.leafIndex()).isEqualTo(receipt.index());
    assertThat(found.akPublic()).isEqualTo(host.akPublic());
    assertThat(found.state()).isEqualTo(HostState.ACTIVE);
    assertThat(ledger.hostByEk(host.ekDigest()).orElseThrow().name()).isEqualTo("a.example");
    assertThat(ledger.hostByName("a.example").orElseThrow().akName()).isEqualTo(host.akName());
    assertThat(ledger.hostByName("b.example")).isEmpty();
    assertThat(ledger.size()).as("no refused entry has a leaf").isEqualTo(1);
  }

  @Test
  void refused_enrolment_givesItsNonceBack() throws Exception {
    RegisterHost host = Samples.host("a.example");
    receipt(commit(ledger, Entry.of(leaf(), host)));
    Hash nonce = Samples.nonce();
    assertThat(commit(ledger, Entry.of(leaf(), new ConsumeNonce(nonce, LATER), host)))
        .isInstanceOf(Refused.class);
    receipt(commit(ledger, Samples.issue(nonce)));
  }

  @Test
  void hostActive_throughSuspensionAndRevocation_followsTheState() throws Exception {
    RegisterHost host = Samples.host("a.example");
    HostActive active = new HostActive(host.akName());
    assertThat(commit(ledger, Samples.entry().given(active))).isEqualTo(new Superseded(active));
    receipt(commit(ledger, Entry.of(leaf(), host)));
    receipt(commit(ledger, Samples.entry().given(active)));

    List<CommitOutcome> outcomes =
        commit(
            ledger,
            List.of(
                Samples.entry().given(active),
                Entry.of(leaf(), new SetHostState(host.akName(), HostState.SUSPENDED)),
                Samples.entry().given(active)));
    assertThat(outcomes.get(0)).isInstanceOf(Receipt.class);
    assertThat(outcomes.get(2)).isEqualTo(new Superseded(active));

    assertRefused(new SetHostState(host.akName(), HostState.SUSPENDED), Refusal.HOST_STATE_HELD);
    receipt(commit(ledger, Entry.of(leaf(), new SetHostState(host.akName(), HostState.ACTIVE))));
    receipt(commit(ledger, Samples.entry().given(active)));
    receipt(commit(ledger, Entry.of(leaf(), new SetHostState(host.akName(), HostState.REVOKED))));
    assertThat(commit(ledger, Samples.entry().given(active))).isEqualTo(new Superseded(active));
    assertRefused(new SetHostState(host.akName(), HostState.ACTIVE), Refusal.HOST_REVOKED);
    assertRefused(new SetHostState(akName("none"), HostState.ACTIVE), Refusal.HOST_UNKNOWN);
    assertRefused(host, Refusal.AK_NAME_TAKEN);
  }

  @Test
  void keyActive_outsideItsWindowOrState_supersedes() throws Exception {
    Hash kid = digest("kid");
    KeyActive active = new KeyActive(kid);
    assertThat(commit(ledger, Samples.entry().given(active))).isEqualTo(new Superseded(active));
    setKey(kid, KeyState.ACTIVE);
    receipt(commit(ledger, Samples.entry().given(active)));
    for (KeyState state : List.of(KeyState.RETIRING, KeyState.RETIRED, KeyState.COMPROMISED)) {
      setKey(kid, state);
      assertThat(commit(ledger, Samples.entry().given(active)))
          .as(state.name())
          .isEqualTo(new Superseded(active));
    }
    assertRefused(
        new SetKey(kid, KeyRole.ISSUER, KeyState.ACTIVE, NOW, LATER), Refusal.KEY_COMPROMISED);

    Hash ended = digest("ended");
    receipt(
        commit(
            ledger,
            Entry.of(
                leaf(),
                new SetKey(ended, KeyRole.ISSUER, KeyState.ACTIVE, NOW.minusSeconds(9), NOW))));
    assertThat(commit(ledger, Samples.entry().given(new KeyActive(ended))))
        .isInstanceOf(Superseded.class);
    assertRefused(
        new SetKey(ended, KeyRole.STATUS, KeyState.ACTIVE, NOW, LATER), Refusal.KEY_ROLE_FIXED);
    assertThat(ledger.keys()).hasSize(2);
    assertThat(ledger.key(ended).orElseThrow().role()).isEqualTo(KeyRole.ISSUER);
  }

  /** Of two who introduce a key, the one who comes second is told. */
  @Test
  void keyUnknown_onceItWasIntroduced_supersedes() throws Exception {
    Hash kid = digest("kid");
    KeyUnknown unknown = new KeyUnknown(kid);
    Entry first = Entry.of(leaf(), new SetKey(kid, KeyRole.ISSUER, KeyState.ACTIVE, NOW, LATER));
    List<CommitOutcome> outcomes =
        commit(ledger, List.of(first.given(unknown), Samples.entry().given(unknown)));
    assertThat(outcomes.get(0)).isInstanceOf(Receipt.class);
    assertThat(outcomes.get(1)).isEqualTo(new Superseded(unknown));
  }

  private void setKey(Hash kid, KeyState state) throws Exception {
    receipt(commit(ledger, Entry.of(leaf(), new SetKey(kid, KeyRole.ISSUER, state, NOW, LATER))));
  }

  @Test
  void parentLive_unknownExpiredOrRevoked_supersedes() throws Exception {
    UuidV7 parent = uuid();
    ParentLive live = new ParentLive(parent);
    assertThat(commit(ledger, Samples.entry().given(live))).isEqualTo(new Superseded(live));
    Receipt issued =
        receipt(
            commit(
                ledger,
                Entry.of(leaf(parent), new RecordArtifact(parent, LATER, Optional.empty()))));
    assertThat(ledger.artifact(parent))
        .contains(new IssuedArtifact(parent, issued.index(), LATER, false, Optional.empty()));
    receipt(commit(ledger, Samples.entry().given(live)));
    receipt(commit(ledger, Entry.of(leaf(), new RevokeArtifact(parent))));
    assertThat(commit(ledger, Samples.entry().given(live))).isEqualTo(new Superseded(live));

    UuidV7 expired = uuid();
    receipt(
        commit(
            ledger, Entry.of(leaf(expired), new RecordArtifact(expired, NOW, Optional.empty()))));
    assertThat(commit(ledger, Samples.entry().given(new ParentLive(expired))))
        .isInstanceOf(Superseded.class);
    assertRefused(new RecordArtifact(expired, LATER, Optional.empty()), Refusal.JTI_TAKEN);
    assertRefused(new RevokeArtifact(uuid()), Refusal.ARTIFACT_UNKNOWN);
  }

  @Test
  void use_beyondMaxUses_isReplayed() throws Exception {
    UuidV7 jti = uuid();
    RecordUse first = new RecordUse(jti, digest(), 2);
    RecordUse second = new RecordUse(jti, digest(), 2);
    RecordUse third = new RecordUse(jti, digest(), 2);
    List<CommitOutcome> outcomes =
        commit(
            ledger,
            List.of(
                Entry.of(leaf(), first),
                Entry.of(leaf(), first),
                Entry.of(leaf(), second),
                Entry.of(leaf(), third)));
    assertThat(outcomes.get(0)).isInstanceOf(Receipt.class);
    assertThat(outcomes.get(1)).isEqualTo(new Replayed(first));
    assertThat(outcomes.get(2)).isInstanceOf(Receipt.class);
    assertThat(outcomes.get(3)).isEqualTo(new Replayed(third));
    assertThat(commit(ledger, Entry.of(leaf(), third))).isEqualTo(new Replayed(third));
    assertThat(ledger.uses(jti)).isEqualTo(2);
    assertThat(ledger.use(jti, first.asked())).hasValue(receipt(outcomes.get(0)).index());
    assertThat(ledger.use(jti, second.asked())).hasValue(receipt(outcomes.get(2)).index());
    assertThat(ledger.use(jti, third.asked())).isEmpty();
    assertThat(ledger.uses(uuid())).isZero();
  }

  @Test
  void case78_instanceKeyOfAnotherHost_isRefused() throws Exception {
    RegisterInstanceKey key = new RegisterInstanceKey(akName("a"), digest("name"), digest("jkt"));
    Receipt first = receipt(commit(ledger, Entry.of(leaf(), key)));
    receipt(commit(ledger, Entry.of(leaf(), key)));
    assertThat(ledger.instanceKey(key.akName(), key.keyName()))
        .contains(new InstanceKey(key.akName(), key.keyName(), key.jkt(), first.index()));
    assertRefused(
        new RegisterInstanceKey(akName("b"), digest("name"), digest("jkt")),
        Refusal.INSTANCE_KEY_TAKEN);
    assertRefused(
        new RegisterInstanceKey(akName("a"), digest("name"), digest("other")),
        Refusal.INSTANCE_KEY_TAKEN);
  }

  @Test
  void measuredList_ofAHost_isTheLastThatWasRecorded() throws Exception {
    SetMeasuredList first =
        new SetMeasuredList(akName("a"), 1L << 40, digest("policy"), new byte[] {1});
    assertRefused(first, Refusal.HOST_UNKNOWN);
    assertThat(ledger.measuredList(akName("a"))).isEmpty();
    receipt(commit(ledger, Entry.of(leaf(), Samples.host("a"))));
    receipt(commit(ledger, Entry.of(leaf(), Samples.host("b"))));

    receipt(commit(ledger, Entry.of(leaf(), first)));
    SetMeasuredList second =
        new SetMeasuredList(
            akName("a"), 2, digest("other"), new byte[MeasuredList.MAX_POSITION_BYTES]);
    Receipt last = receipt(commit(ledger, Entry.of(leaf(), second)));

    MeasuredList recorded = ledger.measuredList(akName("a")).orElseThrow();
    assertThat(recorded.boot()).isEqualTo(2);
    assertThat(recorded.judgedBy()).isEqualTo(digest("other"));
    assertThat(recorded.position()).isEqualTo(second.position());
    assertThat(recorded.leafIndex()).isEqualTo(last.index());
    assertThat(ledger.measuredList(akName("b"))).isEmpty();
  }

  @Test
  void measuredList_ofNoOrTooManyBytes_isRefused() {
    for (int length : new int[] {0, MeasuredList.MAX_POSITION_BYTES + 1}) {
      assertThatThrownBy(() -> new SetMeasuredList(akName("a"), 1, digest("p"), new byte[length]))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void outcome_sameStatementOrBeyondTheBoundOrOfNoArtifact_isRefused() throws Exception {
    UuidV7 jti = uuid();
    Hash kid = digest("reporter");
    assertRefused(outcome(jti, kid, ReportedState.OK, 2), Refusal.ARTIFACT_UNKNOWN);
    receipt(commit(ledger, Entry.of(leaf(jti), new RecordArtifact(jti, NOW, Optional.empty()))));
    RecordOutcome ok = outcome(jti, kid, ReportedState.OK, 2);
    RecordOutcome failed = outcome(jti, kid, ReportedState.FAILED, 2);

    Receipt first = receipt(commit(ledger, Entry.of(leaf(), ok)));
    assertRefused(ok, Refusal.OUTCOME_TAKEN);
    Receipt second = receipt(commit(ledger, Entry.of(leaf(), failed)));
    RecordOutcome third = outcome(jti, kid, ReportedState.OK, 2);
    assertRefused(third, Refusal.OUTCOME_TAKEN);
    receipt(
        commit(ledger, Entry.of(leaf(), outcome(jti, digest("other"), ReportedState.UNKNOWN, 1))));

    assertThat(recorded(ok))
        .contains(
            new RecordedOutcome(jti, kid, ReportedState.OK, ok.statementDigest(), first.index()));
    assertThat(recorded(failed).orElseThrow().leafIndex()).isEqualTo(second.index());
    assertThat(recorded(third)).isEmpty();
    assertThat(ledger.outcome(jti, digest("nobody"), ok.statementDigest())).isEmpty();
  }

  @Test
  void outcomes_ofOneBatch_areWithinTheBoundToo() throws Exception {
    UuidV7 jti = uuid();
    Hash kid = digest("reporter");
    receipt(commit(ledger, Entry.of(leaf(jti), new RecordArtifact(jti, NOW, Optional.empty()))));
    RecordOutcome first = outcome(jti, kid, ReportedState.OK, 2);
    RecordOutcome second = outcome(jti, kid, ReportedState.OK, 2);
    RecordOutcome third = outcome(jti, kid, ReportedState.OK, 2);

    List<CommitOutcome> outcomes =
        commit(
            ledger,
            List.of(
                Entry.of(leaf(), first),
                Entry.of(leaf(), first),
                Entry.of(leaf(), second),
                Entry.of(leaf(), third)));

    assertThat(outcomes.get(0)).isInstanceOf(Receipt.class);
    assertThat(outcomes.get(1)).isEqualTo(new Refused(first, Refusal.OUTCOME_TAKEN));
    assertThat(outcomes.get(2)).isInstanceOf(Receipt.class);
    assertThat(outcomes.get(3)).isEqualTo(new Refused(third, Refusal.OUTCOME_TAKEN));
  }

  private Optional<RecordedOutcome> recorded(RecordOutcome outcome) throws LedgerException {
    return ledger.outcome(outcome.jti(), outcome.reporterKid(), outcome.statementDigest());
  }

  private static RecordOutcome outcome(UuidV7 jti, Hash kid, ReportedState state, long maxReports) {
    return new RecordOutcome(jti, kid, state, digest(), maxReports);
  }

  private void assertRefused(StateChange change, Refusal why) {
    TestLedgers.assertRefused(ledger, change, why);
  }
}
