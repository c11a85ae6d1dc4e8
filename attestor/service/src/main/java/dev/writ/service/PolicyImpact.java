// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Act;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.QuoteOutcome;
import dev.writ.evidence.ReferenceValues;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StoredLedger.StoredLeaf;
import dev.writ.policy.Decision;
import dev.writ.policy.Inputs;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.RuleResult;
import dev.writ.service.RecordedHosts.RecordedHost;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a candidate would have decided: the host is appraised anew by its reference values, from the recorded
 * Evidence, and its rules are shown what was recorded besides. From when the candidate is to be in
 * force is nothing to it: it is taken as if it had been. Nothing is written. Safe for use by any number of threads.
 */
public final class PolicyImpact implements StoredRange.Work<PolicyImpact.Reconsidered> {
  private final Replay replay;
  private final PolicyInForce candidate;

  /**
   * The impact of a candidate.
   *
   * @throws MalformedPolicyException if it can never have been in force
   * @throws UnusablePolicyException if no decision could be made by it
   */
  public PolicyImpact(Replay replay, PolicyDocument candidate)
      throws MalformedPolicyException, UnusablePolicyException {
    this.replay = replay;
    PolicyDocument asIfInForce =
        candidate.revise().inForce(Instant.EPOCH, candidate.expires()).build();
    // It has no place in the ledger, and nothing here names one.
    this.candidate = UsablePolicy.of(asIfInForce).inForce(1, Hash.sha256(candidate.canonical()));
  }

  /** The candidate's rules, those that the document implies first. */
  public PolicyDocument document() {
    return candidate.document();
  }

  /** What was decided, or would be. */
  public sealed interface Verdict {
    /** It is permitted. */
    record Allowed() implements Verdict {}

    /**
     * It is not.
     *
     * @param rule that decided
     */
    record Denied(String code, String rule) implements Verdict {}
  }

  /** Why a decision cannot be made again under the candidate. */
  public enum Beyond {
    /** It was denied before the policy was asked, or after it allowed: no policy changes that. */
    NOT_THE_POLICYS,
    /** What lay beside the leaf, or the host's endorsement, was erased. */
    ERASED,
    /** A log by which the candidate would judge was not kept, or what an older version found. */
    NOT_KEPT,
    /** The candidate asks for PCRs or a log for which the host was not asked. */
    NOT_ASKED,
    /** The store contradicts the log. */
    CONTRADICTS
  }

  /** One decision under the candidate. */
  public sealed interface Reconsidered {
    /** The leaf's place. */
    long index();

    /**
     * It was made again.
     *
     * @param rules each rule's outcome
     */
    record Decided(
        long index,
        Verdict was,
        Verdict now,
        String host,
        String action,
        String resource,
        List<RuleResult> rules)
        implements Reconsidered {}

    /** It was not. */
    record Undecided(long index, Beyond why) implements Reconsidered {}
  }

  @Override
  public Optional<Reconsidered> on(StoredLeaf stored, Optional<byte[]> payload)
      throws LedgerException {
    StoredDecision decision = StoredDecision.of(stored, payload, every -> true);
    if (decision instanceof StoredDecision.Read read) {
      try {
        return Optional.of(reconsider(stored.index(), read.leaf(), read.recorded()));
      } catch (ContradictionException e) {
        return Optional.of(new Reconsidered.Undecided(stored.index(), Beyond.CONTRADICTS));
      }
    }
    return decision instanceof StoredDecision.Unread unread
        ? Optional.of(new Reconsidered.Undecided(stored.index(), unread.why()))
        : Optional.empty();
  }

  @Override
  public Reconsidered unreadable(long first, String why) {
    return new Reconsidered.Undecided(first, Beyond.CONTRADICTS);
  }

  private Reconsidered reconsider(long index, Leaf leaf, RecordedDecision recorded)
      throws LedgerException, ContradictionException {
    if (recorded.result().isEmpty() || recorded.inputs().isEmpty()) {
      boolean older = leaf.payload().isEmpty() && recorded.inputs().isPresent();
      Beyond ofAllow = older ? Beyond.NOT_KEPT : Beyond.CONTRADICTS;
      return new Reconsidered.Undecided(
          index, recorded.allowed() ? ofAllow : Beyond.NOT_THE_POLICYS);
    }
    Application application = recorded.application();
    RecordedGrounds grounds = replay.grounds();
    PolicyInForce decidedBy = grounds.policy(recorded.epoch(), recorded.policyDigest());
    RecordedHost host = grounds.hosts().host(application.akName());
    QuoteOutcome quoted =
        Judge.verifyQuote(
            application.evidence(),
            application.challenge(),
            application.request(),
            host.host().ak());
    if (!(quoted instanceof VerifiedQuote quote)
        || !(KeyStanding.of(
                application.evidence(),
                application.request().jkt(),
                host.host().akName(),
                host.host().ak(),
                grounds.hosts().keysBefore(index))
            instanceof KeyStanding.Fit key)) {
      return new Reconsidered.Undecided(index, Beyond.CONTRADICTS);
    }
    if (asksForMore(decidedBy, host, recorded, quote)) {
      return new Reconsidered.Undecided(index, Beyond.NOT_ASKED);
    }
    ReplayedAppraisal appraisal =
        new ReplayedAppraisal(grounds, recorded, candidate, host, quote, key.storage(), index);
    ReplaySteps unused = new ReplaySteps();
    appraisal.compare(unused, recorded.result().get());
    String name = host.host().name();
    if (appraisal.restsOnRecordedLogs()
        && !candidate
            .document()
            .referenceSetFor(name)
            .equals(decidedBy.document().referenceSetFor(name))) {
      return new Reconsidered.Undecided(index, Beyond.NOT_KEPT);
    }
    Inputs inputs = appraisal.inputs(recorded.inputs().get());
    Decision decision = candidate.policy().decide(inputs);
    Act act = application.request().act();
    return new Reconsidered.Decided(
        index, was(leaf), now(decision), name, act.action(), act.resource(), decision.rules());
  }

  /** Whether the host would have been asked for something that it was not asked for then. */
  private boolean asksForMore(
      PolicyInForce decidedBy, RecordedHost host, RecordedDecision recorded, VerifiedQuote quote) {
    String name = host.host().name();
    for (PcrSelection.Bank bank : candidate.selectionFor(name).banks()) {
      for (int pcr : bank.indices()) {
        if (!quote.selection().selects(bank.hash(), pcr)) {
          return true;
        }
      }
    }
    ReferenceValues asked = candidate.referenceValuesFor(name);
    ReferenceValues before = decidedBy.referenceValuesFor(name);
    return asked.boot().isPresent()
            && before.boot().isEmpty()
            && recorded.evidence().bootLog().isEmpty()
        || asked.ima().isPresent()
            && before.ima().isEmpty()
            && recorded.evidence().imaList().isEmpty();
  }

  private static Verdict was(Leaf leaf) {
    return leaf.body() instanceof LeafBody.DecisionDeny deny
        ? new Verdict.Denied(deny.code().wire(), deny.reason())
        : new Verdict.Allowed();
  }

  private static Verdict now(Decision decision) {
    if (decision instanceof Decision.Deny deny) {
      return new Verdict.Denied(deny.code().wire(), deny.reasons().get(0).rule());
    }
    return new Verdict.Allowed();
  }
}
