// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AppraisedRules;
import dev.writ.artifact.Ear;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.KeptEvidence;
import dev.writ.evidence.QuoteOutcome;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.policy.Inputs;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A decision read back from its leaf and what is kept beside it.
 *
 * @param index of its leaf
 * @param akName of the host's attestation key
 * @param message of a denial, for who asked; empty of a permission
 * @param ran the rules that verification ran; absent of a denial that came to no appraisal
 * @param reasons why the policy denied, where it came to that
 * @param denying the rules that stood in the way then
 * @param inputs what the policy was shown, where it came to that
 */
record KeptDecision(
    long index,
    Leaf leaf,
    TpmName akName,
    Challenge challenge,
    ExecutionRequest request,
    KeptEvidence evidence,
    String message,
    Optional<AppraisedRules> ran,
    List<Map<String, Object>> reasons,
    List<DenyingRule> denying,
    Optional<Inputs> inputs) {
  KeptDecision {
    reasons = List.copyOf(reasons);
    denying = List.copyOf(denying);
  }

  /** Whether a leaf is of a decision. */
  static boolean isDecision(Leaf leaf) {
    return leaf.body() instanceof LeafBody.DecisionAllow
        || leaf.body() instanceof LeafBody.DecisionDeny;
  }

  /** Whether it allowed. */
  boolean allowed() {
    return leaf.body() instanceof LeafBody.DecisionAllow;
  }

  /**
   * The decision at a leaf that is one.
   *
   * @return empty where what was kept beside it was erased
   */
  static Optional<KeptDecision> read(Ledger ledger, long index, Leaf leaf) throws LedgerException {
    Optional<byte[]> payload = ledger.payload(index);
    if (payload.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(read(index, leaf, payload.get()));
    } catch (MalformedJsonException | ContradictionException e) {
      throw contradiction(index, String.valueOf(e.getMessage()));
    }
  }

  private static KeptDecision read(long index, Leaf leaf, byte[] payload)
      throws MalformedJsonException, ContradictionException {
    KeptMembers members = KeptMembers.of(payload);
    PolicyReasons reasons = PolicyReasons.of(members);
    return new KeptDecision(
        index,
        leaf,
        members.akName(),
        members.challenge(),
        members.request(),
        KeptMembers.parsed(members.evidence()),
        members.has("message") ? members.text("message") : "",
        Payload.result(payload)
            .flatMap(result -> Optional.ofNullable(result.submods().get(EarClaims.HOST)))
            .flatMap(Ear.Appraisal::rules),
        reasons.told(),
        reasons.denying(),
        members.inputs());
  }

  /** The quote, verified once more: what is told of it is not the store's word. */
  VerifiedQuote quote(KnownHost host) {
    QuoteOutcome outcome = Judge.verifyQuote(evidence.statements(), challenge, request, host.ak());
    if (outcome instanceof VerifiedQuote quote) {
      return quote;
    }
    throw contradiction(index, "the quote does not hold any more");
  }

  /** What is kept beside a leaf is not what can have been put there. */
  static DeniedException contradiction(long index, String found) {
    return new DeniedException(
        Denial.unavailable(
            Denial.PAYLOAD_CONTRADICTS,
            "what is kept beside leaf "
                + index
                + " must be what the service wrote, and is not: "
                + found
                + "; somebody changed the store"));
  }
}
