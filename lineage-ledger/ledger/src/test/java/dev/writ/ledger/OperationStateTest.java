// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.Samples.LATER;
import static dev.writ.ledger.Samples.NOW;
import static dev.writ.ledger.Samples.digest;
import static dev.writ.ledger.Samples.leaf;
import static dev.writ.ledger.Samples.leafAt;
import static dev.writ.ledger.TestLedgers.assertRefused;
import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Refused;
import dev.writ.ledger.StateChange.ApproveOperation;
import dev.writ.ledger.StateChange.ConsumeNonce;
import dev.writ.ledger.StateChange.EndOperation;
import dev.writ.ledger.StateChange.ProposeOperation;
import dev.writ.ledger.StateChange.WithdrawOperation;
import dev.writ.tlog.Hash;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Operations: one open of a subject, approved in time by others than who proposed it, ended once. */
@Tag("any-store-long")
class OperationStateTest {
  private static final String SUBJECT = "key/issuer";
  private static final byte[] DOCUMENT = {'{', '}'};
  private static final byte[] STATEMENT = {1, 2, 3};
  private static final Hash ALICE = digest("alice");
  private static final Hash BOB = digest("bob");
  private static final Hash CAROL = digest("carol");

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

  private static ProposeOperation proposal(String subject) {
    return new ProposeOperation(digest(), DOCUMENT, subject, Optional.of(ALICE), LATER);
  }

  private Hash proposed(String subject) throws Exception {
    ProposeOperation proposal = proposal(subject);
    receipt(commit(ledger, Entry.of(leaf(), proposal)));
    return proposal.operation();
  }

  private static ApproveOperation approval(Hash operation, Hash approver) {
    return new ApproveOperation(operation, approver, STATEMENT);
  }

  @CanIgnoreReturnValue
  private Receipt made(StateChange... changes) throws Exception {
    return receipt(commit(ledger, Entry.of(leaf(), changes)));
  }

  private OperationRecord read(Hash operation) throws LedgerException {
    return ledger.operation(operation).orElseThrow();
  }

  private void assertRefusedAt(StateChange change, Instant time, Refusal why) {
    assertThat(commit(ledger, Entry.of(leafAt(time), change))).isEqualTo(new Refused(change, why));
  }

  @Test
  void operation_proposedAndApproved_isReadAsGiven_afterReopeningToo() throws Exception {
    ProposeOperation proposal = proposal(SUBJECT);
    Receipt first = made(proposal);
    Hash operation = proposal.operation();
    Receipt byBob = made(approval(operation, BOB));
    Receipt byCarol = made(new ApproveOperation(operation, CAROL, new byte[] {9}));

    for (int round = 0; round < 2; round++) {
      OperationRecord read = read(operation);
      assertThat(read.digest()).isEqualTo(operation);
      assertThat(read.document()).isEqualTo(DOCUMENT);
      assertThat(read.subject()).isEqualTo(SUBJECT);
      assertThat(read.proposer()).contains(ALICE);
      assertThat(read.expires()).isEqualTo(LATER);
      assertThat(read.end()).isEmpty();
      assertThat(read.isOpen()).isTrue();
      assertThat(read.leafIndex()).isEqualTo(first.index());
      assertThat(read.approvals())
          .extracting(OperationApproval::approver)
          .containsExactly(BOB, CAROL);
      assertThat(read.approvals())
          .extracting(OperationApproval::leafIndex)
          .containsExactly(byBob.index(), byCarol.index());
      assertThat(read.approvals().get(0).statement()).isEqualTo(STATEMENT);
      assertThat(read.approvals().get(1).statement()).isEqualTo(new byte[] {9});
      ledger.close();
      open();
    }
    assertThat(ledger.operation(digest())).isEmpty();
  }

  @Test
  void operation_ofTheLargestSizes_isKeptWhole() throws Exception {
    byte[] document = new byte[OperationRecord.MAX_DOCUMENT_BYTES];
    document[document.length - 1] = 1;
    byte[] statement = new byte[OperationRecord.MAX_STATEMENT_BYTES];
    Hash operation = digest();
    made(new ProposeOperation(operation, document, "s".repeat(64), Optional.empty(), LATER));
    made(new ApproveOperation(operation, ALICE, statement));

    assertThat(read(operation).document()).isEqualTo(document);
    assertThat(read(operation).proposer()).isEmpty();
    assertThat(read(operation).approvals().get(0).statement()).isEqualTo(statement);
  }

  @Test
  void proposal_underAKnownDigest_isRefused_alsoOnceItHasEnded() throws Exception {
    ProposeOperation proposal = proposal(SUBJECT);
    made(proposal);
    ProposeOperation elsewhere =
        new ProposeOperation(
            proposal.operation(), new byte[] {7}, "key/status", Optional.empty(), LATER);
    assertRefused(ledger, elsewhere, Refusal.OPERATION_TAKEN);
    assertRefused(ledger, proposal, Refusal.OPERATION_TAKEN);
    made(new EndOperation(proposal.operation(), OperationEnd.WITHDRAWN));
    assertRefused(ledger, proposal, Refusal.OPERATION_TAKEN);
    assertThat(read(proposal.operation()).document()).isEqualTo(DOCUMENT);
  }

  @Test
  void rotationStartedTwice_isRefused_untilTheFirstHasEnded() throws Exception {
    Hash first = proposed(SUBJECT);
    ProposeOperation second = proposal(SUBJECT);
    assertRefused(ledger, second, Refusal.OPERATION_SUBJECT_BUSY);
    made(proposal("key/status"));

    made(new EndOperation(first, OperationEnd.FAILED), second);

    assertThat(ledger.openOperations())
        .extracting(OperationRecord::digest)
        .contains(second.operation())
        .doesNotContain(first);
  }

  @Test
  void rotationStartedTwice_inOneBatch_isStartedOnce() throws Exception {
    ProposeOperation first = proposal(SUBJECT);
    ProposeOperation second = proposal(SUBJECT);
    List<CommitOutcome> outcomes =
        commit(ledger, List.of(Entry.of(leaf(), first), Entry.of(leaf(), second)));
    assertThat(outcomes.get(0)).isInstanceOf(Receipt.class);
    assertThat(outcomes.get(1)).isEqualTo(new Refused(second, Refusal.OPERATION_SUBJECT_BUSY));
  }

  @Test
  void subject_ofAnOpenOperationPastItsEnd_isBusyUntilThatIsSaid() throws Exception {
    Hash late = proposed(SUBJECT);
    ProposeOperation next =
        new ProposeOperation(digest(), DOCUMENT, SUBJECT, Optional.empty(), LATER.plusSeconds(60));
    assertRefusedAt(next, LATER, Refusal.OPERATION_SUBJECT_BUSY);
    receipt(
        commit(
            ledger, Entry.of(leafAt(LATER), new EndOperation(late, OperationEnd.EXPIRED), next)));
    assertThat(read(late).end()).contains(OperationEnd.EXPIRED);
  }

  @Test
  void proposal_atItsEnd_isRefusedByTheTimeOfTheLeaf() throws Exception {
    ProposeOperation proposal = proposal(SUBJECT);
    assertRefusedAt(proposal, LATER, Refusal.OPERATION_EXPIRED);
    assertRefusedAt(proposal, LATER.plusSeconds(1), Refusal.OPERATION_EXPIRED);
    receipt(commit(ledger, Entry.of(leafAt(LATER.minusMillis(1)), proposal)));
  }

  @Test
  void approval_ofAnUnknownOperation_isRefused() {
    assertRefused(ledger, approval(digest(), BOB), Refusal.OPERATION_UNKNOWN);
  }

  @ParameterizedTest
  @EnumSource(OperationEnd.class)
  void approval_ofAnEndedOperation_isRefused(OperationEnd end) throws Exception {
    Hash operation = proposed(SUBJECT);
    made(new EndOperation(operation, end));
    assertRefused(ledger, approval(operation, BOB), Refusal.OPERATION_ENDED);
    assertThat(read(operation).end()).contains(end);
    assertThat(read(operation).isOpen()).isFalse();
    assertThat(read(operation).approvals()).isEmpty();
  }

  @Test
  void approval_atTheOperationsEnd_isRefusedByTheTimeOfTheLeaf() throws Exception {
    Hash operation = proposed(SUBJECT);
    ApproveOperation approval = approval(operation, BOB);
    assertRefusedAt(approval, LATER, Refusal.OPERATION_EXPIRED);
    assertRefusedAt(approval, LATER.plusSeconds(1), Refusal.OPERATION_EXPIRED);
    receipt(commit(ledger, Entry.of(leafAt(LATER.minusMillis(1)), approval)));
    assertThat(read(operation).approvals()).hasSize(1);
  }

  @Test
  void approval_byTheProposer_isRefused() throws Exception {
    Hash operation = proposed(SUBJECT);
    assertRefused(ledger, approval(operation, ALICE), Refusal.APPROVER_IS_PROPOSER);
    assertThat(read(operation).approvals()).isEmpty();
  }

  @Test
  void approval_aSecondTimeByOneApprover_isRefused_whateverItSays() throws Exception {
    Hash operation = proposed(SUBJECT);
    Hash other = proposed("key/status");
    made(approval(operation, BOB));
    assertRefused(ledger, approval(operation, BOB), Refusal.ALREADY_APPROVED);
    assertRefused(
        ledger, new ApproveOperation(operation, BOB, new byte[] {8}), Refusal.ALREADY_APPROVED);
    made(approval(other, BOB));
    assertThat(read(operation).approvals()).hasSize(1);
    assertThat(read(operation).approvals().get(0).statement()).isEqualTo(STATEMENT);
  }

  @Test
  void approvalsOfOneApprover_inOneBatch_areOne() throws Exception {
    Hash operation = proposed(SUBJECT);
    ApproveOperation again = approval(operation, BOB);
    List<CommitOutcome> outcomes =
        commit(ledger, List.of(Entry.of(leaf(), again), Entry.of(leaf(), again)));
    assertThat(outcomes.get(0)).isInstanceOf(Receipt.class);
    assertThat(outcomes.get(1)).isEqualTo(new Refused(again, Refusal.ALREADY_APPROVED));
  }

  @Test
  void end_ofAnUnknownOrEndedOperation_isRefused() throws Exception {
    assertRefused(
        ledger, new EndOperation(digest(), OperationEnd.EXPIRED), Refusal.OPERATION_UNKNOWN);
    Hash operation = proposed(SUBJECT);
    made(new EndOperation(operation, OperationEnd.EXECUTED));
    for (OperationEnd end : OperationEnd.values()) {
      assertRefused(ledger, new EndOperation(operation, end), Refusal.OPERATION_ENDED);
    }
    assertThat(read(operation).end()).contains(OperationEnd.EXECUTED);
  }

  @Test
  void entryThatIsRefused_leavesNothingOfItsOtherChanges() throws Exception {
    Hash open = proposed(SUBJECT);
    Hash nonce = Samples.nonce();
    ProposeOperation proposal = proposal("key/status");
    ApproveOperation byProposer = approval(open, ALICE);
    long size = ledger.size();

    assertThat(
            commit(
                ledger,
                Entry.of(
                    leaf(),
                    new ConsumeNonce(nonce, LATER),
                    proposal,
                    approval(open, BOB),
                    new EndOperation(proposal.operation(), OperationEnd.FAILED),
                    byProposer)))
        .isEqualTo(new Refused(byProposer, Refusal.APPROVER_IS_PROPOSER));

    assertThat(ledger.size()).isEqualTo(size);
    assertThat(ledger.isConsumed(nonce)).isFalse();
    assertThat(ledger.operation(proposal.operation())).isEmpty();
    assertThat(read(open).approvals()).isEmpty();
    made(proposal, approval(open, BOB));
  }

  @Test
  void withdrawal_ofAnOpenOperation_endsIt_andFreesItsSubject() throws Exception {
    Hash operation = proposed(SUBJECT);
    made(approval(operation, BOB));

    made(new WithdrawOperation(operation, 2));

    assertThat(read(operation).end()).contains(OperationEnd.WITHDRAWN);
    assertRefused(ledger, approval(operation, CAROL), Refusal.OPERATION_ENDED);
    assertRefused(ledger, new WithdrawOperation(operation, 2), Refusal.OPERATION_ENDED);
    made(proposal(SUBJECT));
  }

  /** What enough have approved may be under way already. */
  @Test
  void withdrawal_ofWhatEnoughApproved_isRefused() throws Exception {
    Hash operation = proposed(SUBJECT);
    made(approval(operation, BOB));
    made(approval(operation, CAROL));

    assertRefused(ledger, new WithdrawOperation(operation, 2), Refusal.OPERATION_APPROVED);
    assertThat(read(operation).isOpen()).isTrue();
    made(new WithdrawOperation(operation, 3));
  }

  @Test
  void withdrawal_ofNoOperationOrPastItsEnd_isRefused() throws Exception {
    Hash operation = proposed(SUBJECT);

    assertRefused(ledger, new WithdrawOperation(digest(), 1), Refusal.OPERATION_UNKNOWN);
    assertRefusedAt(new WithdrawOperation(operation, 1), LATER, Refusal.OPERATION_EXPIRED);
    assertThat(read(operation).isOpen()).isTrue();
  }

  @Test
  void proposals_ofOneProposer_areBounded_andARefusedOneLeavesNoLeaf() throws Exception {
    List<Hash> open = new ArrayList<>();
    for (int i = 0; i < OperationRecord.MAX_OPEN_OF_PROPOSER; i++) {
      open.add(proposed("of/alice/" + i));
    }
    ProposeOperation more = proposal("of/alice/more");
    long size = ledger.size();

    assertRefused(ledger, more, Refusal.OPERATIONS_TOO_MANY_OF_PROPOSER);
    assertRefused(
        ledger,
        new ProposeOperation(open.get(0), DOCUMENT, SUBJECT, Optional.of(ALICE), LATER),
        Refusal.OPERATION_TAKEN);
    assertThat(ledger.size()).isEqualTo(size);
    made(new ProposeOperation(digest(), DOCUMENT, "of/bob", Optional.of(BOB), LATER));
    made(new ProposeOperation(digest(), DOCUMENT, "of/nobody", Optional.empty(), LATER));
    made(new WithdrawOperation(open.get(3), 1));
    made(more);
  }

  @Test
  void proposals_ofAllTogether_areBounded() throws Exception {
    for (int i = 0; i < OperationRecord.MAX_OPEN; i++) {
      Optional<Hash> proposer = i % 5 == 0 ? Optional.empty() : Optional.of(digest("p" + i % 5));
      made(new ProposeOperation(digest(), DOCUMENT, "all/" + i, proposer, LATER));
    }
    long size = ledger.size();

    assertRefused(ledger, proposal("all/more"), Refusal.OPERATIONS_TOO_MANY);
    assertThat(ledger.size()).isEqualTo(size);
    assertThat(ledger.openOperations()).hasSize(OperationRecord.MAX_OPEN);
  }

  @Test
  void operations_areNewestFirst_andTheOpenOnesOldestFirst() throws Exception {
    Hash first = proposed("a");
    Hash second = proposed("b");
    Hash third = proposed("c");
    made(approval(second, BOB));
    made(new EndOperation(first, OperationEnd.WITHDRAWN));

    assertThat(ledger.operations(1000))
        .extracting(OperationRecord::digest)
        .containsExactly(third, second, first);
    assertThat(ledger.operations(2))
        .extracting(OperationRecord::digest)
        .containsExactly(third, second);
    assertThat(ledger.operations(2).get(1).approvals()).hasSize(1);
    assertThat(ledger.openOperations())
        .extracting(OperationRecord::digest)
        .containsExactly(second, third);
    for (int limit : new int[] {0, -1, 1001}) {
      assertThatThrownBy(() -> ledger.operations(limit))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, OperationRecord.MAX_DOCUMENT_BYTES + 1})
  void document_ofNoOrTooManyBytes_isNoProposal(int length) {
    assertThatThrownBy(
            () ->
                new ProposeOperation(digest(), new byte[length], SUBJECT, Optional.empty(), LATER))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 to 614400 bytes, had " + length);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, OperationRecord.MAX_STATEMENT_BYTES + 1})
  void statement_ofNoOrTooManyBytes_isNoApproval(int length) {
    assertThatThrownBy(() -> new ApproveOperation(digest(), BOB, new byte[length]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 to 8192 bytes, had " + length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "key issuer", "key\tissuer", "clé", "key\u007f"})
  void subject_thatIsNotVisibleAscii_isNoProposal(String subject) {
    assertThatThrownBy(() -> proposal(subject)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> proposal("s".repeat(65))).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void newestLeafTime_isTheGreatestOfAll_andOfNoRefusedEntry() throws Exception {
    assertThat(ledger.newestLeafTime()).isEmpty();
    receipt(commit(ledger, Entry.of(leafAt(LATER))));
    receipt(commit(ledger, Entry.of(leafAt(NOW))));
    assertThat(ledger.newestLeafTime()).contains(LATER);
    assertRefusedAt(approval(digest(), BOB), LATER.plusSeconds(9), Refusal.OPERATION_UNKNOWN);
    assertThat(ledger.newestLeafTime()).contains(LATER);
    ledger.close();
    open();
    assertThat(ledger.newestLeafTime()).contains(LATER);
    List<CommitOutcome> together =
        commit(
            ledger,
            List.of(
                Entry.of(leafAt(LATER.plusSeconds(3))), Entry.of(leafAt(LATER.plusSeconds(1)))));
    assertThat(together).allMatch(Receipt.class::isInstance);
    assertThat(ledger.newestLeafTime()).contains(LATER.plusSeconds(3));
  }

  @Test
  void newestLeafTime_isLoweredToTheLeafThatAcceptsTheClock_andRisesFromThere() throws Exception {
    Instant ahead = LATER.plusSeconds(86_400);
    receipt(commit(ledger, Entry.of(leafAt(ahead))));
    Instant other = ahead.minusMillis(1);
    assertRefusedAt(new StateChange.AcceptClock(other), NOW, Refusal.TIME_NOT_NEWEST);
    assertThat(ledger.newestLeafTime()).contains(ahead);

    receipt(commit(ledger, Entry.of(leafAt(NOW), new StateChange.AcceptClock(ahead))));

    assertThat(ledger.newestLeafTime()).contains(NOW);
    ledger.close();
    open();
    assertThat(ledger.newestLeafTime()).contains(NOW);
    receipt(commit(ledger, Entry.of(leafAt(LATER))));
    assertThat(ledger.newestLeafTime()).contains(LATER);
  }
}
