// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.RequestApprovals.POLICY;
import static dev.writ.ledger.RequestApprovals.REQUEST;
import static dev.writ.ledger.RequestApprovals.record;
import static dev.writ.ledger.RequestApprovals.terms;
import static dev.writ.ledger.RequestApprovals.use;
import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.digest;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.Samples.leafAt;
import static dev.writ.ledger.TestLedgers.assertRefused;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.RequestApproval;
import dev.writ.ledger.CommitOutcome.ApprovalGone;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.StateChange.ConsumeNonce;
import dev.writ.ledger.StateChange.PublishTrust;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Approvals of requests: recorded once each, one of an approver at a time, used by one decision in time. */
@Tag("any-store")
class ApprovalStateTest {
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

  @CanIgnoreReturnValue
  private Receipt made(StateChange... changes) throws Exception {
    return receipt(commit(ledger, Entry.of(leaf(), changes)));
  }

  private List<RecordedApproval> open(RequestApproval.Terms terms) throws LedgerException {
    return ledger.openApprovals(terms.requestDigest(), terms.policyDigest(), NOW);
  }

  private static Superseded gone(RequestApproval.Terms terms) {
    return new Superseded(new ApprovalGone(terms.digest()));
  }

  @Test
  void approval_recordedAndUsed_isReadAsGiven_afterReopeningToo() throws Exception {
    RequestApproval.Terms terms = terms("alice", LATER);
    long leaf = made(record(terms)).index();
    RecordedApproval recorded =
        new RecordedApproval(
            terms.digest(), REQUEST, POLICY, terms.kid(), LATER, leaf, OptionalLong.empty());
    for (int round = 0; round < 2; round++) {
      assertThat(open(terms)).containsExactly(recorded);
      assertThat(ledger.openApprovals(digest("other"), POLICY, NOW)).isEmpty();
      assertThat(ledger.openApprovals(REQUEST, digest("other"), NOW)).isEmpty();
      assertThat(ledger.openApprovals(REQUEST, POLICY, LATER)).isEmpty();
      ledger.close();
      ledger = TestLedgers.open(folder);
    }

    long used = made(use(terms)).index();
    assertThat(open(terms)).isEmpty();
    assertThat(ledger.approvalsBefore(used, REQUEST, POLICY, NOW))
        .extracting(RecordedApproval::usedBy)
        .containsExactly(OptionalLong.of(used));
    assertThat(ledger.approvalsBefore(leaf, REQUEST, POLICY, NOW)).isEmpty();
    assertThat(ledger.approvalsBefore(used, REQUEST, POLICY, LATER)).isEmpty();
  }

  @Test
  void approver_whoseApprovalHolds_givesNoSecond_butAnotherDoes() throws Exception {
    made(record(terms("alice", LATER)));
    assertRefused(ledger, record(terms("alice", LATER)), Refusal.APPROVAL_HOLDS);
    made(record(terms("bob", LATER)));
    made(record(terms(digest("another request"), "alice", LATER)));
  }

  @Test
  void approver_whoseApprovalWasUsedOrHasEnded_givesAnother_notTheSameAgain() throws Exception {
    RequestApproval.Terms used = terms("alice", LATER);
    made(record(used));
    made(use(used));
    assertRefused(ledger, record(used), Refusal.APPROVAL_TAKEN);
    made(record(terms("alice", LATER)));

    RequestApproval.Terms ended = terms("bob", NOW.plusSeconds(1));
    made(record(ended));
    receipt(commit(ledger, Entry.of(leafAt(NOW.plusSeconds(1)), record(terms("bob", LATER)))));
  }

  @Test
  void approvalsOfARequest_beyondTheMost_areRefusedUntilOneIsUsed() throws Exception {
    List<RequestApproval.Terms> all = new ArrayList<>();
    for (int i = 0; i < RecordedApproval.MAX_OPEN; i++) {
      all.add(terms("approver " + i, LATER));
      made(record(all.get(i)));
    }
    RequestApproval.Terms more = terms("one more", LATER);
    assertRefused(ledger, record(more), Refusal.APPROVALS_TOO_MANY);
    made(use(all.get(3)));
    made(record(more));
    assertThat(open(more)).hasSize(RecordedApproval.MAX_OPEN);
  }

  @Test
  void approval_atItsEnd_isNeitherRecordedNorUsed() throws Exception {
    RequestApproval.Terms ending = terms("alice", NOW);
    assertRefused(ledger, record(ending), Refusal.APPROVAL_EXPIRED);
    RequestApproval.Terms terms = terms("alice", LATER);
    made(record(terms));
    assertThat(commit(ledger, Entry.of(leafAt(LATER), use(terms)))).isEqualTo(gone(terms));
    receipt(commit(ledger, Entry.of(leafAt(LATER.minusMillis(1)), use(terms))));
  }

  /** The ledger has seen its end: who sets a clock back does not bring it back. */
  @Test
  void approval_pastItsEndByALeaf_isNotUsedByOneOfAnEarlierTime() throws Exception {
    RequestApproval.Terms terms = terms("alice", LATER);
    made(record(terms));
    receipt(commit(ledger, Entry.of(leafAt(LATER))));
    assertThat(commit(ledger, Entry.of(leaf(), use(terms)))).isEqualTo(gone(terms));
  }

  @Test
  void approvalOfAnotherRequestOrPolicy_orNone_isNotUsed() throws Exception {
    RequestApproval.Terms terms = terms("alice", LATER);
    assertThat(commit(ledger, Entry.of(leaf(), use(terms)))).isEqualTo(gone(terms));
    made(record(terms));
    for (StateChange.UseApproval other :
        List.of(
            new StateChange.UseApproval(terms.digest(), digest("other"), POLICY),
            new StateChange.UseApproval(terms.digest(), REQUEST, digest("other")))) {
      assertThat(commit(ledger, Entry.of(leaf(), other))).isEqualTo(gone(terms));
    }
    assertThat(open(terms)).hasSize(1);
  }

  /** In one batch, and with all that the one which loses has taken: it can be decided once more. */
  @Test
  void decisionsOnOneApproval_atOnce_oneGetsItAndTheOthersKeepTheirNonces() throws Exception {
    RequestApproval.Terms first = terms("alice", LATER);
    RequestApproval.Terms second = terms("bob", LATER);
    made(record(first));
    made(record(second));
    List<ConsumeNonce> nonces = new ArrayList<>();
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      nonces.add(new ConsumeNonce(Samples.nonce(), LATER));
      entries.add(Entry.of(leaf(), nonces.get(i), use(second), use(first)));
    }
    List<CommitOutcome> outcomes = commit(ledger, entries);
    receipt(outcomes.get(0));
    assertThat(outcomes.subList(1, 8)).containsOnly(gone(second));
    assertThat(open(first)).isEmpty();
    assertThat(ledger.isConsumed(nonces.get(0).nonce())).isTrue();
    assertThat(ledger.isConsumed(nonces.get(1).nonce())).isFalse();
  }

  @Test
  void decision_afterALaterTrustFile_isDecidedOnceMore() throws Exception {
    Precondition none = new Precondition.NoTrustAfter(1);
    receipt(commit(ledger, Entry.of(leaf()).given(none)));
    made(new PublishTrust(1, new byte[] {1}));
    receipt(commit(ledger, Entry.of(leaf()).given(none)));
    List<CommitOutcome> batch =
        commit(
            ledger,
            List.of(
                Entry.of(leaf()).given(none),
                Entry.of(leaf(), new PublishTrust(2, new byte[] {2})),
                Entry.of(leaf()).given(none)));
    receipt(batch.get(0));
    receipt(batch.get(1));
    assertThat(batch.get(2)).isEqualTo(new Superseded(none));
  }
}
