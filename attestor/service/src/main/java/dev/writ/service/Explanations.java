// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Evaluation;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedEnvelopeException;
import dev.writ.artifact.Verification;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.ledger.Host;
import dev.writ.ledger.KeptBootLog;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.policy.Inputs;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.ReferenceSet;
import dev.writ.tlog.Hash;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Says of a decision why it was made and what changed before it, and of a host what it could be judged
 * by. Reads the ledger and what is kept beside it; changes nothing, and believes no more than what it
 * verifies again.
 */
final class Explanations {
  private static final LearningOutcome NOTHING_KEPT =
      new LearningOutcome.Nothing(
          "a boot log of the host must be kept, and none is: the policy must ask for boot logs, and the"
              + " host must have attested since; a log that was erased is gone");

  private final Ledger ledger;
  private final Hosts hosts;
  private final Policies policies;
  private final RefusalSearch refusals;
  private final ApprovalsAtHand approvals;
  private final InstantSource clock;

  Explanations(
      Ledger ledger,
      Hosts hosts,
      Policies policies,
      ApprovalsAtHand approvals,
      InstantSource clock) {
    this.ledger = ledger;
    this.hosts = hosts;
    this.policies = policies;
    this.refusals = new RefusalSearch(ledger);
    this.approvals = approvals;
    this.clock = clock;
  }

  /** Which boot values are learned from. */
  enum From {
    /** The last one after which something was allowed. */
    ALLOWED,
    /** The last one, whatever was decided. */
    LATEST
  }

  /** What is known of a decision. */
  sealed interface Outcome {
    /** It is explained. */
    record Explained(Explanation explanation) implements Outcome {}

    /** It is an answer to an enforcement point, and explained. */
    record Evaluated(EvaluationExplanation explanation) implements Outcome {}

    /** It is a judgement of an artifact that was shown, and told. */
    record Verified(VerificationExplanation explanation) implements Outcome {}

    /** No leaf of a decision has this name. */
    record Unknown() implements Outcome {}

    /** It is no decision's name, but that of a request that was refused before one. */
    record Refused(RefusalSearch.Found.Refused request) implements Outcome {}

    /** The summary of its minute counts it, if it was, and does not list it. */
    record Unlisted(long index, long number) implements Outcome {}

    /** Of the leaves of the id's time, those from {@code from} to before {@code to} were not looked at. */
    record Cut(long from, long to) implements Outcome {}

    /** What was kept beside this leaf was erased. */
    record Erased(long index) implements Outcome {}
  }

  /** What can be learned of a host. */
  sealed interface LearningOutcome {
    /** A proposal. */
    record Learned(Learning learning) implements LearningOutcome {}

    /** Nothing can be, and why. */
    record Nothing(String why) implements LearningOutcome {}
  }

  /**
   * What was learned.
   *
   * @param host from which
   * @param decision with the boot
   * @param inForce the set by which the host is judged
   * @param learned the proposal
   * @param denied what was held against the boot; empty where something was allowed
   */
  record Learning(
      String host,
      KeptDecision decision,
      Optional<ReferenceSet> inForce,
      LearnedReferences.Learned learned,
      Optional<String> denied) {}

  /** Explains a decision, or says how a request was refused before one. */
  Outcome explain(LeafName name) throws LedgerException {
    OptionalLong index = name.indexIn(ledger);
    return index.isEmpty() && name instanceof LeafName.Id id
        ? refused(refusals.find(id.id()))
        : explain(index);
  }

  private static Outcome refused(RefusalSearch.Found found) {
    if (found instanceof RefusalSearch.Found.Refused refused) {
      return new Outcome.Refused(refused);
    } else if (found instanceof RefusalSearch.Found.Unlisted unlisted) {
      return new Outcome.Unlisted(unlisted.index(), unlisted.number());
    } else if (found instanceof RefusalSearch.Found.Cut cut) {
      return new Outcome.Cut(cut.from(), cut.to());
    }
    return found instanceof RefusalSearch.Found.Erased erased
        ? new Outcome.Erased(erased.index())
        : new Outcome.Unknown();
  }

  private Outcome explain(OptionalLong index) throws LedgerException {
    Optional<Leaf> leaf = index.isPresent() ? ledger.leaf(index.getAsLong()) : Optional.empty();
    if (leaf.isPresent() && leaf.get().body() instanceof Evaluation) {
      return evaluated(index.getAsLong(), leaf.get());
    }
    if (leaf.isPresent() && leaf.get().body() instanceof Verification) {
      return new Outcome.Verified(
          VerificationExplanation.read(ledger, index.getAsLong(), leaf.get()));
    }
    if (leaf.isEmpty() || !KeptDecision.isDecision(leaf.get())) {
      return new Outcome.Unknown();
    }
    Optional<KeptDecision> decision = KeptDecision.read(ledger, index.getAsLong(), leaf.get());
    if (decision.isEmpty()) {
      return new Outcome.Erased(index.getAsLong());
    }
    KnownHost host =
        hosts
            .named(decision.get().akName())
            .orElseThrow(
                () ->
                    KeptDecision.contradiction(
                        index.getAsLong(), "its attestation key is no host's"));
    VerifiedQuote quote = decision.get().quote(host);
    BootComparison boot = BootComparison.of(ledger, host, decision.get(), quote);
    PolicyInForce policy = policies.inForce();
    Optional<ReferenceSet> references = policy.document().referenceSetFor(host.name());
    Optional<ReferenceAmendment.Proposal> proposal =
        references.isPresent() && decision.get().ran().isPresent() && !decision.get().allowed()
            ? Optional.of(
                ReferenceAmendment.propose(
                    references.get(), decision.get().ran().get().ran(), quote, boot))
            : Optional.empty();
    return new Outcome.Explained(
        new Explanation(
            decision.get(),
            host,
            decidedBy(leaf.get(), policy),
            policy,
            boot,
            references,
            proposal,
            next(decision.get(), policy)));
  }

  private Outcome evaluated(long index, Leaf leaf) throws LedgerException {
    PolicyInForce policy = policies.inForce();
    return EvaluationExplanation.read(
            ledger,
            index,
            leaf,
            decidedBy(leaf, policy),
            Explanation.policyOf(leaf).equals(policy.digest()))
        .<Outcome>map(Outcome.Evaluated::new)
        .orElseGet(() -> new Outcome.Erased(index));
  }

  /** Approvals count under the policy that asked for them: after another, the host has to ask again. */
  private Optional<StepUp> next(KeptDecision decision, PolicyInForce policy)
      throws LedgerException {
    if (decision.inputs().isEmpty()
        || !(decision.leaf().body() instanceof LeafBody.DecisionDeny deny)
        || deny.code() != DenialCode.POLICY_DENIED
        || !deny.policyDigest().equals(policy.digest())) {
      return Optional.empty();
    }
    Inputs inputs = decision.inputs().get();
    Hash request = decision.request().digest();
    return approvals
        .of(policy, decision.request(), inputs.governance().initiator(), clock.instant())
        .stepUp(policy, inputs, request);
  }

  private Optional<PolicyDocument> decidedBy(Leaf leaf, PolicyInForce inForce)
      throws LedgerException {
    if (Explanation.policyOf(leaf).equals(inForce.digest())) {
      return Optional.of(inForce.document());
    }
    Optional<PolicyEpoch> epoch = ledger.policyEpoch(Explanation.epochOf(leaf));
    Optional<byte[]> kept =
        epoch.isPresent() ? ledger.payload(epoch.get().leafIndex()) : Optional.empty();
    try {
      return kept.isPresent()
          ? Optional.of(GivenPolicy.parse(kept.get()).document())
          : Optional.empty();
    } catch (MalformedPolicyException | MalformedEnvelopeException e) {
      throw KeptDecision.contradiction(
          epoch.orElseThrow().leafIndex(), String.valueOf(e.getMessage()));
    }
  }

  /** Learns values from a boot of a host. */
  LearningOutcome learn(String hostName, From from) throws LedgerException {
    Optional<Host> row = ledger.hostByName(hostName);
    if (row.isEmpty()) {
      return new LearningOutcome.Nothing("a host must have this name, and none has");
    }
    KnownHost host = hosts.named(nameOf(row.get().akName())).orElseThrow();
    List<KeptBootLog> kept = ledger.bootLogs(host.akName());
    if (from == From.LATEST) {
      return latest(host, kept);
    }
    for (KeptBootLog log : kept) {
      if (log.decision() == KeptBootLog.Decision.ALLOWED) {
        Optional<BootComparison.Boot> boot = BootComparison.boot(ledger, host, log);
        if (boot.isPresent()) {
          return learned(host, boot.get());
        }
      }
    }
    return NOTHING_KEPT;
  }

  /** Whoever asks for the last boot must not be given an older one. */
  private LearningOutcome latest(KnownHost host, List<KeptBootLog> kept) throws LedgerException {
    if (kept.isEmpty()) {
      return NOTHING_KEPT;
    }
    KeptBootLog newest = kept.get(0);
    boolean isLast =
        ledger
            .lastSeen(host.akName())
            .map(seen -> seen.clock().resetCount() == newest.boot())
            .orElse(true);
    Optional<BootComparison.Boot> boot =
        isLast ? BootComparison.boot(ledger, host, newest) : Optional.empty();
    return boot.isPresent()
        ? learned(host, boot.get())
        : new LearningOutcome.Nothing(
            "the boot log of the host's last boot must be kept and hold, and is not or does not;"
                + " without --latest the last boot counts that was allowed something");
  }

  private LearningOutcome learned(KnownHost host, BootComparison.Boot boot) {
    Optional<ReferenceSet> inForce = policies.inForce().document().referenceSetFor(host.name());
    Optional<LearnedReferences.Learned> learned =
        LearnedReferences.of(
            host.name(), boot.quote(), boot.log(), inForce, denied(boot.decision()));
    return learned.isPresent()
        ? new LearningOutcome.Learned(
            new Learning(
                host.name(), boot.decision(), inForce, learned.get(), denied(boot.decision())))
        : new LearningOutcome.Nothing(
            "the boot log must explain a PCR of firmware, 0 to 7, and explains none");
  }

  private static Optional<String> denied(KeptDecision decision) {
    return decision.leaf().body() instanceof LeafBody.DecisionDeny deny
        ? Optional.of("this boot was DENIED: " + deny.code().wire() + ", leaf " + decision.index())
        : Optional.empty();
  }

  private static TpmName nameOf(AkName name) {
    try {
      return TpmName.parse(name.bytes());
    } catch (MalformedEvidenceException e) {
      throw new IllegalStateException("bug: a host was enrolled under a name that is none", e);
    }
  }
}
