// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.MalformedOperationException;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationApproval;
import dev.writ.artifact.OperationKind;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.OperationWithdrawal;
import dev.writ.artifact.OperatorSignature;
import dev.writ.artifact.TrustContent;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.OperationRecord;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What no single person may have done: an {@link Operation} is proposed, approved by as many operators as
 * the trust file demands, none of whom proposed it, and then done by {@link KeySteps}. Each of these is a
 * leaf.
 *
 * <p>A proposal that names a proposer is a draft until that operator has signed it. One that names none is
 * the service's own: by its schedule, or in dev because whoever holds the operators' door asked.
 */
public final class DualControl {
  /** Drafts that wait for their proposer's signature. */
  private static final int MOST_DRAFTS = 64;

  private static final int NONCE_BYTES = 32;

  private final Operations operations;
  private final WorkPool hsm;
  private final OperationLedger ledger;
  private final TrustFiles trust;
  private final Proposals proposals;
  private final KeySteps steps;
  private final InstantSource clock;
  private final SecureRandom random;
  private final Recent<Hash, Proposal> drafts = new Recent<>(MOST_DRAFTS);

  DualControl(
      Operations operations,
      WorkPool hsm,
      OperationLedger ledger,
      TrustFiles trust,
      Proposals proposals,
      KeySteps steps,
      InstantSource clock,
      SecureRandom random) {
    this.operations = operations;
    this.hsm = hsm;
    this.ledger = ledger;
    this.trust = trust;
    this.proposals = proposals;
    this.steps = steps;
    this.clock = clock;
    this.random = random;
  }

  /** What became of a proposal, an approval or a withdrawal. */
  public sealed interface Outcome {
    /** The proposer's signature is needed before anybody can approve it. */
    record Drafted(Proposal proposal) implements Outcome {}

    /** It can be approved. */
    record Open(Proposal proposal, long leafIndex) implements Outcome {}

    /**
     * The approval counts.
     *
     * @param approvals how many there are
     * @param threshold how many it takes
     * @param state where the operation is: open, or how it ended
     */
    record Approved(Hash operation, int approvals, int threshold, String state, long leafIndex)
        implements Outcome {}

    /** It will not be done. */
    record Withdrawn(Hash operation, long leafIndex) implements Outcome {}

    /** Nothing was changed. */
    record Denied(Denial denial) implements Outcome {}
  }

  /**
   * Proposes a change.
   *
   * @param request what is wanted
   * @param validity how long it can be approved: whole seconds, at most {@link Operation#MAX_LIFETIME}
   * @param proposer RFC 7638 thumbprint of the operator who proposes it
   */
  public CompletionStage<Outcome> propose(
      ChangeRequest request, Duration validity, Optional<Hash> proposer) {
    return operations.begin(
        "a proposal",
        () ->
            hsm.submit(
                    () -> {
                      requireProposer(proposer);
                      return draft(request, validity, proposer);
                    })
                .thenCompose(
                    proposal -> {
                      if (proposer.isEmpty()) {
                        return open(proposal, Optional.empty());
                      }
                      drafts.put(proposal.operation().digest(), proposal);
                      return CompletableFuture.completedFuture(new Outcome.Drafted(proposal));
                    }),
        Outcome.Denied::new);
  }

  /** Proposes a change for the service itself, whose schedule says that it is time. */
  CompletionStage<Outcome> prepare(ChangeRequest request, Duration validity) {
    return operations.begin(
        "a scheduled proposal",
        () ->
            hsm.submit(() -> draft(request, validity, Optional.empty()))
                .thenCompose(proposal -> open(proposal, Optional.empty())),
        Outcome.Denied::new);
  }

  private void requireProposer(Optional<Hash> proposer) {
    TrustContent believed = trust.newest().content();
    if (proposer.isEmpty() && believed.assurance() != TrustContent.Assurance.DEV) {
      throw denied(
          DenialCode.POLICY_DENIED,
          "proposer_missing",
          "an operation must have a proposer who signs it, and names none");
    }
    if (proposer.isPresent() && believed.operators().key(proposer.get()).isEmpty()) {
      throw denied(
          DenialCode.POLICY_DENIED,
          "proposer_unknown",
          "the proposer must be an operator of trust file version "
              + believed.version()
              + ", and is none");
    }
  }

  private Proposal draft(ChangeRequest request, Duration validity, Optional<Hash> proposer)
      throws LedgerException {
    OperationKind kind = request.kind();
    ledger.requireClock(kind);
    ledger.requireRoom(proposer);
    TrustContent believed = trust.newest().content();
    if (validity.compareTo(Duration.ofSeconds(1)) < 0
        || validity.compareTo(Operation.longest(kind)) > 0) {
      throw new DeniedException(
          Denial.malformed(
              "validity_out_of_bounds",
              "an operation must be open for 1 second to "
                  + Operation.longest(kind).toDays()
                  + " days, was for "
                  + validity));
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Instant expires = now.plusSeconds(validity.toSeconds());
    Proposals.Drafted drafted = proposals.draft(request, now, expires);
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    return new Proposal(
        new Operation(
            believed.issuer(),
            believed.version(),
            Hash.of(nonce),
            now,
            expires,
            proposer,
            drafted.change()),
        drafted.trust());
  }

  private CompletionStage<Outcome> open(Proposal proposal, Optional<OperatorSignature> by) {
    Operation operation = proposal.operation();
    return ledger
        .commit(
            new OperationStep.Proposed(operation, by),
            new StateChange.ProposeOperation(
                operation.digest(),
                proposal.encode(),
                proposal.subject(),
                operation.proposer(),
                operation.expires()))
        .thenApply(
            outcome -> {
              if (outcome instanceof CommitOutcome.Receipt receipt) {
                drafts.remove(operation.digest());
                return new Outcome.Open(proposal, receipt.index());
              }
              return new Outcome.Denied(OperationLedger.refusal(outcome));
            });
  }

  /**
   * Takes an operator's approval; of a draft, the proposer's signature.
   *
   * @param json an {@link OperationApproval}, as received
   */
  public CompletionStage<Outcome> approve(byte[] json) {
    return operations.begin(
        "an approval",
        () -> {
          OperationApproval approval = parse(json);
          Optional<Proposal> draft = drafts.get(approval.operation());
          return draft.isPresent()
                  && approval.approver().equals(draft.get().operation().proposer().orElseThrow())
              ? opened(draft.get(), approval)
              : hsm.submit(() -> judged(approval))
                  .thenCompose(proposal -> record(proposal, approval));
        },
        Outcome.Denied::new);
  }

  private static OperationApproval parse(byte[] json) {
    try {
      return OperationApproval.parse(json);
    } catch (MalformedOperationException e) {
      throw new DeniedException(
          Denial.malformed("approval_malformed", String.valueOf(e.getMessage())));
    }
  }

  private CompletionStage<Outcome> opened(Proposal draft, OperationApproval signed) {
    Operation operation = draft.operation();
    if (!operation.isOpen(clock.instant())) {
      throw denied(
          DenialCode.EXPIRED, "approval_expired", "the draft ended " + operation.expires());
    }
    if (!signed
        .signature()
        .verifies(trust.newest().content().operators(), operation.signingInput())) {
      throw denied(
          DenialCode.SIGNATURE_INVALID,
          "approval_signature",
          "the proposer must have signed the operation, and has not");
    }
    return open(draft, Optional.of(signed.signature()));
  }

  private Proposal judged(OperationApproval approval) throws LedgerException {
    Proposal proposal = ledger.requireOpen(approval.operation());
    ledger.requireClock(proposal.operation().change().kind());
    OperationApproval.Outcome outcome =
        approval.judge(
            proposal.operation(),
            proposal.trust().map(file -> file.content()),
            trust.newest().content(),
            clock.instant());
    if (outcome instanceof OperationApproval.Outcome.Refused refused) {
      throw denied(code(refused.reason()), refused.reason().wire(), refused.message());
    }
    return proposal;
  }

  private static DenialCode code(OperationApproval.Reason reason) {
    return switch (reason) {
      case EXPIRED -> DenialCode.EXPIRED;
      case SIGNATURE, OTHER_OPERATION -> DenialCode.SIGNATURE_INVALID;
      case OTHER_TRUST -> DenialCode.POLICY_MISMATCH;
      case PROPOSER -> DenialCode.POLICY_DENIED;
    };
  }

  private CompletionStage<Outcome> record(Proposal proposal, OperationApproval approval) {
    return ledger
        .commit(
            new OperationStep.Approved(proposal.operation().change().kind(), approval),
            new StateChange.ApproveOperation(
                approval.operation(), approval.approver(), approval.toJson()))
        .thenCompose(
            outcome ->
                outcome instanceof CommitOutcome.Receipt receipt
                    ? hsm.submit(() -> counted(approval.operation(), receipt.index()))
                    : CompletableFuture.completedFuture(
                        new Outcome.Denied(OperationLedger.refusal(outcome))));
  }

  /** Counts, and does what has enough. */
  private Outcome counted(Hash operation, long leafIndex) throws LedgerException {
    int threshold = trust.newest().content().operators().threshold();
    steps.run();
    OperationRecord known = ledger.known(operation);
    return new Outcome.Approved(
        operation,
        known.approvals().size(),
        threshold,
        known.end().map(end -> end.name().toLowerCase(Locale.ROOT)).orElse("open"),
        leafIndex);
  }

  /**
   * Takes a withdrawal, which ends an operation that too few have approved.
   *
   * @param json an {@link OperationWithdrawal}, as received
   */
  public CompletionStage<Outcome> withdraw(byte[] json) {
    return operations.begin(
        "a withdrawal",
        () -> {
          OperationWithdrawal withdrawal = parseWithdrawal(json);
          return hsm.submit(() -> judged(withdrawal))
              .thenCompose(operation -> record(operation, withdrawal));
        },
        Outcome.Denied::new);
  }

  private static OperationWithdrawal parseWithdrawal(byte[] json) {
    try {
      return OperationWithdrawal.parse(json);
    } catch (MalformedOperationException e) {
      throw new DeniedException(
          Denial.malformed("withdrawal_malformed", String.valueOf(e.getMessage())));
    }
  }

  private Operation judged(OperationWithdrawal withdrawal) throws LedgerException {
    Operation operation = ledger.requireOpen(withdrawal.operation()).operation();
    ledger.requireClock(operation.change().kind());
    OperationWithdrawal.Outcome outcome =
        withdrawal.judge(operation, trust.newest().content().operators(), clock.instant());
    if (outcome instanceof OperationWithdrawal.Outcome.Refused refused) {
      DenialCode code =
          switch (refused.reason()) {
            case EXPIRED -> DenialCode.EXPIRED;
            case SIGNATURE, OTHER_OPERATION -> DenialCode.SIGNATURE_INVALID;
            case NOT_PROPOSER -> DenialCode.POLICY_DENIED;
          };
      throw denied(code, refused.reason().wire(), refused.message());
    }
    return operation;
  }

  private CompletionStage<Outcome> record(Operation operation, OperationWithdrawal withdrawal) {
    return ledger
        .commit(
            new OperationStep.Ended(operation.change().kind(), withdrawal),
            new StateChange.WithdrawOperation(
                withdrawal.operation(), trust.newest().content().operators().threshold()))
        .thenApply(
            outcome ->
                outcome instanceof CommitOutcome.Receipt receipt
                    ? new Outcome.Withdrawn(withdrawal.operation(), receipt.index())
                    : new Outcome.Denied(OperationLedger.refusal(outcome)));
  }

  private static DeniedException denied(DenialCode code, String reason, String message) {
    return new DeniedException(new Denial(code, reason, message));
  }
}
