// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedRequestApprovalException;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.Precondition;
import dev.writ.ledger.RecordedApproval;
import dev.writ.ledger.StateChange;
import dev.writ.policy.Approvals;
import dev.writ.tlog.Hash;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;

/**
 * Takes approvers' words for requests into the ledger, where decisions find them. Each is believed for its
 * signature alone; that it lies in the ledger lets nothing happen before a policy's rules have seen it.
 */
public final class RequestApprovals {
  private static final System.Logger LOGGER = System.getLogger(RequestApprovals.class.getName());

  private final Operations operations;
  private final WorkPool appraisal;
  private final Ledger ledger;
  private final TrustFiles trust;
  private final Policies policies;
  private final InstantSource clock;
  private final SecureRandom random;

  RequestApprovals(
      Operations operations,
      WorkPool appraisal,
      Ledger ledger,
      TrustFiles trust,
      Policies policies,
      InstantSource clock,
      SecureRandom random) {
    this.operations = operations;
    this.appraisal = appraisal;
    this.ledger = ledger;
    this.trust = trust;
    this.policies = policies;
    this.clock = clock;
    this.random = random;
  }

  /** What became of an approval. */
  public sealed interface Outcome {
    /**
     * The ledger has it.
     *
     * @param id of its leaf, by which an artifact names it
     * @param given how many hold of this request, for whichever initiator, and are not used, with it
     * @param threshold how many the policy takes
     */
    record Recorded(
        UuidV7 id, long leafIndex, RequestApproval.Terms terms, int given, int threshold)
        implements Outcome {}

    /** It has not. */
    record Denied(Denial denial) implements Outcome {}
  }

  /** An approval that may be recorded. */
  private record Judged(
      RequestApproval approval,
      PolicyInForce policy,
      Approvals rules,
      long trustVersion,
      Optional<Hash> denial) {}

  /**
   * Takes an approval.
   *
   * @param json a {@link RequestApproval}, as received
   * @param decision the denial that it answers, if it answers one
   */
  public CompletionStage<Outcome> take(byte[] json, Optional<UuidV7> decision) {
    return operations.begin(
        "an approval of a request",
        () ->
            appraisal
                .submit(() -> judged(json, decision))
                .thenCompose(
                    judged ->
                        ledger
                            .commit(entry(judged))
                            .thenCompose(
                                outcome -> appraisal.submit(() -> outcome(judged, outcome)))),
        Outcome.Denied::new);
  }

  private Judged judged(byte[] json, Optional<UuidV7> decision) throws LedgerException {
    RequestApproval approval;
    try {
      approval = RequestApproval.parse(json);
    } catch (MalformedRequestApprovalException e) {
      throw new DeniedException(
          Denial.malformed("approval_malformed", String.valueOf(e.getMessage())));
    }
    TrustContent believed = trust.newest().content();
    if (approval.judge(believed) instanceof RequestApproval.Outcome.Refused refused) {
      throw denied(
          refused.reason() == RequestApproval.Reason.OTHER_ISSUER
              ? DenialCode.SCOPE_EXCEEDED
              : DenialCode.SIGNATURE_INVALID,
          refused.reason().wire(),
          refused.message());
    }
    requireTime(approval.terms(), believed);
    PolicyInForce policy = policies.inForce();
    if (!approval.terms().policyDigest().equals(policy.digest())) {
      throw denied(
          DenialCode.POLICY_MISMATCH,
          "approval_of_another_policy",
          "the approval must be under the policy in force, "
              + policy.digest()
              + ", and is under "
              + approval.terms().policyDigest()
              + ": have the host ask again, and approve that");
    }
    return new Judged(
        approval,
        policy,
        requireListed(policy, approval.terms()),
        believed.version(),
        decision.isPresent()
            ? Optional.of(denial(decision.get(), approval.terms()))
            : Optional.empty());
  }

  private void requireTime(RequestApproval.Terms terms, TrustContent believed) {
    Instant now = clock.instant();
    if (terms.given().isAfter(now.plus(believed.skew()))) {
      throw denied(
          DenialCode.NOT_YET_VALID,
          "approval_ahead",
          "an approval must have been given, and this one is of " + terms.given());
    }
    if (!terms.holdsAt(now)) {
      throw denied(
          DenialCode.EXPIRED,
          "approval_expired",
          "an approval must hold, and this one ended at " + terms.expires());
    }
  }

  private static Approvals requireListed(PolicyInForce policy, RequestApproval.Terms terms) {
    Approvals rules =
        policy
            .document()
            .approvals()
            .orElseThrow(
                () ->
                    denied(
                        DenialCode.POLICY_DENIED,
                        "approvals_not_asked",
                        "the policy in force must ask for approvals, and asks for none"));
    if (!rules.approvers().contains(terms.approver())) {
      throw denied(
          DenialCode.POLICY_DENIED,
          "approver_not_listed",
          "the policy in force must list the approver " + terms.approver() + ", and does not");
    }
    return rules;
  }

  /** The leaf of a denial, which must be of the same request under the same policy. */
  private Hash denial(UuidV7 decision, RequestApproval.Terms terms) throws LedgerException {
    OptionalLong index = ledger.indexOf(decision);
    Optional<Leaf> leaf = index.isPresent() ? ledger.leaf(index.getAsLong()) : Optional.empty();
    if (leaf.isEmpty() || !(leaf.get().body() instanceof LeafBody.DecisionDeny deny)) {
      throw denied(
          DenialCode.ARTIFACT_MISSING,
          "denial_unknown",
          "the ledger must have a denial of the id " + decision + ", and has none");
    }
    if (!deny.requestDigest().equals(Optional.of(terms.requestDigest()))
        || !deny.policyDigest().equals(terms.policyDigest())) {
      throw denied(
          DenialCode.SCOPE_EXCEEDED,
          "denial_of_another_request",
          "the denial that is answered must be of the approval's request and policy, and is not");
    }
    return leaf.get().hash();
  }

  /** Nothing is counted by another policy or trust file than those by which it was judged. */
  private Entry entry(Judged judged) {
    RequestApproval.Terms terms = judged.approval().terms();
    List<Hash> parents = new ArrayList<>();
    parents.add(judged.policy().leaf());
    judged.denial().ifPresent(parents::add);
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(clock.millis()),
            UuidV7.next(clock, random),
            parents,
            new RequestApproved(judged.approval()));
    return Entry.of(
            leaf,
            new StateChange.RecordApproval(
                terms.digest(),
                terms.requestDigest(),
                terms.policyDigest(),
                terms.kid(),
                terms.expires()))
        .given(
            new Precondition.EpochIs(judged.policy().epoch()),
            new Precondition.NoTrustAfter(judged.trustVersion()));
  }

  private Outcome outcome(Judged judged, CommitOutcome outcome) throws LedgerException {
    if (!(outcome instanceof CommitOutcome.Receipt receipt)) {
      return new Outcome.Denied(refusal(outcome));
    }
    RequestApproval.Terms terms = judged.approval().terms();
    LOGGER.log(
        System.Logger.Level.INFO,
        "request_approved",
        LogFields.of("approver", terms.approver(), "approval_id", receipt.leaf().id().toString())
            .and("leaf_index", receipt.index()));
    List<RecordedApproval> open =
        ledger.openApprovals(terms.requestDigest(), terms.policyDigest(), clock.instant());
    return new Outcome.Recorded(
        receipt.leaf().id(), receipt.index(), terms, open.size(), judged.rules().threshold());
  }

  private static Denial refusal(CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      return Denial.of(unavailable);
    }
    if (outcome instanceof CommitOutcome.Superseded) {
      return Denial.unavailable(
          "state_changed",
          "the policy and the trust file by which an approval was judged must be in force when it is"
              + " recorded, and another came meanwhile: send it again");
    }
    if (outcome instanceof CommitOutcome.Refused refused) {
      String reason = refused.why().name().toLowerCase(Locale.ROOT);
      return switch (refused.why()) {
        case APPROVALS_TOO_MANY ->
            Denial.crowded(
                reason,
                "at most "
                    + RecordedApproval.MAX_OPEN
                    + " approvals of a request may hold, and as many do");
        case APPROVAL_EXPIRED ->
            new Denial(DenialCode.EXPIRED, reason, "an approval must hold, and this one has ended");
        case APPROVAL_TAKEN ->
            new Denial(
                DenialCode.REPLAYED,
                reason,
                "an approval must be given once, and this one was before: sign another");
        case APPROVAL_HOLDS ->
            new Denial(
                DenialCode.REPLAYED,
                reason,
                "an approver approves a request for one initiator at a time, and has: it holds and is not"
                    + " used");
        default ->
            throw new IllegalStateException("bug: no approval is refused so: " + refused.why());
      };
    }
    throw new IllegalStateException("bug: an approval takes nothing, yet got " + outcome);
  }

  private static DeniedException denied(DenialCode code, String reason, String message) {
    return new DeniedException(new Denial(code, reason, message));
  }
}
