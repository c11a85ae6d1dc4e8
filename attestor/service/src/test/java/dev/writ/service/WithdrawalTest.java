// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.OperationWithdrawal;
import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.OperationEnd;
import dev.writ.ledger.OperationRecord;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A proposal is taken back by its proposer alone, while it is open; and there are only so many. */
class WithdrawalTest extends DualControlled {
  private static final ChangeRequest ROTATE = new ChangeRequest.Rotate(KeyRole.ISSUER, LEAD);

  private DualControl.Outcome withdraw(int operator, Proposal proposal) {
    return withdraw(proposal, operators.sign(operator, input(proposal)));
  }

  private DualControl.Outcome withdraw(Proposal proposal, OperatorSignature signature) {
    return Deployment.join(
        control()
            .withdraw(new OperationWithdrawal(proposal.operation().digest(), signature).toJson()));
  }

  private static byte[] input(Proposal proposal) {
    return OperationWithdrawal.signingInput(proposal.operation().digest());
  }

  private Ledger ledger() {
    return deployment.service().ledger();
  }

  private Optional<OperationEnd> end(Proposal proposal) throws Exception {
    return ledger().operation(proposal.operation().digest()).orElseThrow().end();
  }

  @Test
  void proposal_thatItsProposerWithdraws_ends_isALeaf_andFreesItsSubject() throws Exception {
    Proposal proposal = proposed(ROTATE);
    assertThat(approve(1, proposal)).isInstanceOf(DualControl.Outcome.Approved.class);

    DualControl.Outcome outcome = withdraw(0, proposal);

    assertThat(outcome).isInstanceOf(DualControl.Outcome.Withdrawn.class);
    DualControl.Outcome.Withdrawn withdrawn = (DualControl.Outcome.Withdrawn) outcome;
    assertThat(withdrawn.operation()).isEqualTo(proposal.operation().digest());
    assertThat(end(proposal)).contains(OperationEnd.WITHDRAWN);
    assertThat(ledger().leaf(withdrawn.leafIndex()).orElseThrow().body())
        .isInstanceOfSatisfying(
            OperationStep.Ended.class,
            ended -> {
              assertThat(ended.end()).isEqualTo(OperationStep.End.WITHDRAWN);
              assertThat(ended.operation()).isEqualTo(proposal.operation().digest());
              assertThat(ended.by().orElseThrow().verifies(operators.quorum(), input(proposal)))
                  .isTrue();
            });
    assertDenied(approve(2, proposal), DenialCode.REPLAYED, "operation_ended");
    passes(Duration.ofSeconds(1));
    assertThat(deployment.service().trustFiles().newest().content().version()).isEqualTo(1);
    assertThat(proposed(ROTATE).operation()).isNotEqualTo(proposal.operation());
  }

  @Test
  void withdrawal_ofAnotherOperator_isRefused() throws Exception {
    Proposal proposal = proposed(ROTATE);

    assertDenied(withdraw(1, proposal), DenialCode.POLICY_DENIED, "withdrawer_is_not_proposer");
    assertThat(end(proposal)).isEmpty();
  }

  @Test
  void withdrawal_ofAStrangerOrOverOtherBytes_isRefused() throws Exception {
    Proposal proposal = proposed(ROTATE);
    long size = ledger().size();
    for (OperatorSignature wrong :
        List.of(
            new OperatorKeys(1, 1).sign(0, input(proposal)),
            operators.sign(0, proposal.operation().signingInput()),
            operators.sign(0, proposal.operation().digest().bytes()),
            new OperatorSignature(
                operators.kid(0), operators.sign(1, input(proposal)).signature()))) {
      assertDenied(withdraw(proposal, wrong), DenialCode.SIGNATURE_INVALID, "withdrawal_signature");
    }
    assertThat(end(proposal)).isEmpty();
    assertThat(ledger().size()).isEqualTo(size);
  }

  /** The signature that withdraws an operation approves none. */
  @Test
  void signatureOfAWithdrawal_asAnApproval_isRefused() throws Exception {
    Proposal proposal = proposed(ROTATE);
    byte[] twisted =
        new OperationApproval(
                proposal.operation().digest(),
                operators.sign(1, input(proposal)),
                proposal.trust().map(file -> operators.sign(1, file.content().signingInput())))
            .toJson();

    assertDenied(
        Deployment.join(control().approve(twisted)),
        DenialCode.SIGNATURE_INVALID,
        "approval_signature");
  }

  @Test
  void withdrawal_ofWhatHasEndedOrWasNeverProposed_isRefused() throws Exception {
    Proposal done = rotated();
    assertDenied(withdraw(0, done), DenialCode.REPLAYED, "operation_ended");

    Proposal draft =
        ((DualControl.Outcome.Drafted)
                asked(
                    new ChangeRequest.Compromise(
                        active(KeyRole.STATUS), new ChangeRequest.Since.Ever())))
            .proposal();
    assertDenied(withdraw(0, draft), DenialCode.ARTIFACT_MISSING, "operation_unknown");
    assertDenied(
        Deployment.join(control().withdraw("{}".getBytes(StandardCharsets.UTF_8))),
        DenialCode.UNVERIFIABLE,
        "withdrawal_malformed");
  }

  @Test
  void withdrawal_twiceOrPastTheOperationsEnd_isRefused() throws Exception {
    Proposal first = proposed(ROTATE);
    assertThat(withdraw(0, first)).isInstanceOf(DualControl.Outcome.Withdrawn.class);
    assertDenied(withdraw(0, first), DenialCode.REPLAYED, "operation_ended");

    Proposal second = proposed(ROTATE);
    deployment.clock.advance(VALIDITY);
    assertDenied(withdraw(0, second), DenialCode.EXPIRED, "withdrawal_expired");
    assertThat(end(second)).isEmpty();
  }

  /** Whoever proposed nothing takes nothing back; what nobody proposed, each operator does. */
  @Test
  void proposalOfTheServiceItself_isWithdrawnByAnyOperator() throws Exception {
    Proposal proposal =
        ((DualControl.Outcome.Open)
                Deployment.join(control().propose(ROTATE, VALIDITY, Optional.empty())))
            .proposal();

    assertDenied(
        withdraw(proposal, new OperatorKeys(1, 1).sign(0, input(proposal))),
        DenialCode.SIGNATURE_INVALID,
        "withdrawal_signature");
    assertThat(withdraw(2, proposal)).isInstanceOf(DualControl.Outcome.Withdrawn.class);
    assertThat(end(proposal)).contains(OperationEnd.WITHDRAWN);
  }

  private void fill(int from, int to, Optional<Hash> proposer) throws Exception {
    for (int i = from; i < to; i++) {
      Operation operation =
          new Operation(
              deployment.trust().content().issuer(),
              1,
              Hash.sha256(new byte[] {(byte) i}),
              deployment.clock.instant().truncatedTo(ChronoUnit.SECONDS),
              deployment.clock.instant().truncatedTo(ChronoUnit.SECONDS).plusSeconds(60),
              proposer,
              new Operation.DestroyKey(Hash.sha256(new byte[] {(byte) i, 1})));
      Proposal proposal = new Proposal(operation, Optional.empty());
      Leaf leaf =
          Leaf.of(
              deployment.clock.instant().truncatedTo(ChronoUnit.MILLIS),
              UuidV7.next(deployment.clock, new SecureRandom()),
              List.of(),
              new OperationStep.Proposed(
                  operation, proposer.map(kid -> signed(kid, operation.signingInput()))));
      assertThat(
              ledger()
                  .commit(
                      Entry.of(
                          leaf,
                          new StateChange.ProposeOperation(
                              operation.digest(),
                              proposal.encode(),
                              proposal.subject(),
                              proposer,
                              operation.expires())))
                  .toCompletableFuture()
                  .join())
          .isInstanceOf(CommitOutcome.Receipt.class);
    }
  }

  private OperatorSignature signed(Hash kid, byte[] input) {
    for (int i = 0; i < 3; i++) {
      if (operators.kid(i).equals(kid)) {
        return operators.sign(i, input);
      }
    }
    return new OperatorSignature(kid, new byte[64]);
  }

  private static void assertCrowded(DualControl.Outcome outcome, String reason, String sentence) {
    assertDenied(outcome, DenialCode.POLICY_DENIED, reason);
    Denial denial = ((DualControl.Outcome.Denied) outcome).denial();
    assertThat(denial.message()).contains(sentence, "writ keys withdraw");
    assertThat(denial.retryable()).isFalse();
    assertThat(((Reply.Refused) Denials.reply(denial)).problem().status()).isEqualTo(429);
  }

  @Test
  void proposals_ofOneProposer_areBounded_andARefusedOneLeavesNoLeafAndNoKey() throws Exception {
    Proposal draft = ((DualControl.Outcome.Drafted) asked(ROTATE)).proposal();
    fill(0, OperationRecord.MAX_OPEN_OF_PROPOSER, Optional.of(operators.kid(0)));
    long size = ledger().size();

    assertCrowded(asked(ROTATE), "operations_too_many_of_proposer", "at most 16 operations of one");
    assertCrowded(approve(0, draft), "operations_too_many_of_proposer", "at most 16");
    assertThat(ledger().size()).isEqualTo(size);
    assertThat(Deployment.join(control().propose(ROTATE, VALIDITY, Optional.of(operators.kid(1)))))
        .isInstanceOf(DualControl.Outcome.Drafted.class);
    passes(Duration.ofMinutes(2));
    assertThat(approve(0, draft)).isInstanceOf(DualControl.Outcome.Open.class);
  }

  @Test
  void proposals_ofAllTogether_areBounded() throws Exception {
    for (int i = 0; i < 4; i++) {
      fill(16 * i, 16 * (i + 1), Optional.of(Hash.sha256(new byte[] {(byte) i, 2})));
    }
    long size = ledger().size();

    assertCrowded(asked(ROTATE), "operations_too_many", "at most 64 operations may be open");
    assertThat(ledger().size()).isEqualTo(size);
  }
}
