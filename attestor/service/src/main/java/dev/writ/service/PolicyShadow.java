// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.ledger.StoredLedger;
import dev.writ.ledger.StoredLedger.StoredLeaf;
import dev.writ.policy.Decision;
import dev.writ.policy.Inputs;
import dev.writ.policy.Policy;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.Rule;
import dev.writ.policy.RuleResult;
import dev.writ.service.PolicyImpact.Beyond;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the rules in shadow mode of the policy in force came to in its recorded decisions: whether any of
 * them would have been another, were the rule enforced. Nothing is written. Safe for use by any number of
 * threads.
 */
public final class PolicyShadow implements StoredRange.Work<PolicyShadow.Observation> {
  private final PolicyInForce policy;

  /**
   * Of the newest policy of a store.
   *
   * @throws LedgerException with {@link StoredLedger#CONTRADICTS} if it has none that its leaf names
   */
  public static PolicyShadow of(StoredLedger ledger, Replay replay) throws LedgerException {
    PolicyEpoch newest =
        ledger
            .policyEpoch()
            .orElseThrow(
                () ->
                    new LedgerException(
                        StoredLedger.CONTRADICTS, "a policy must be in force, and none is"));
    try {
      return new PolicyShadow(replay.grounds().policy(newest.epoch(), newest.policyDigest()));
    } catch (ContradictionException e) {
      throw new LedgerException(StoredLedger.CONTRADICTS, String.valueOf(e.getMessage()), e);
    }
  }

  private PolicyShadow(PolicyInForce policy) {
    this.policy = policy;
  }

  /** The policy whose rules are watched. */
  public PolicyDocument document() {
    return policy.document();
  }

  /** Those in shadow mode, in document order. */
  public List<Rule> rules() {
    return policy.document().rules().stream()
        .filter(rule -> rule.mode() == Rule.Mode.SHADOW)
        .toList();
  }

  /** One decision. */
  public sealed interface Observation {
    /**
     * The rules were evaluated in it.
     *
     * @param id of its leaf, by which {@code writ explain} finds it
     * @param allowed whether it was
     * @param unpermitted whether it was denied for nothing but that no rule permitted it
     * @param rules those in shadow mode
     */
    record Watched(
        long index,
        String id,
        Instant time,
        boolean allowed,
        boolean unpermitted,
        String host,
        String workload,
        List<RuleResult> rules)
        implements Observation {}

    /** It says nothing of them. */
    record Beside(long index, Beyond why) implements Observation {}
  }

  @Override
  public Optional<Observation> on(StoredLeaf stored, Optional<byte[]> payload)
      throws LedgerException {
    StoredDecision decision =
        StoredDecision.of(
            stored, payload, leaf -> Explanation.policyOf(leaf).equals(policy.digest()));
    if (decision instanceof StoredDecision.Read read) {
      return Optional.of(watched(stored.index(), read.leaf(), read.recorded()));
    }
    return decision instanceof StoredDecision.Unread unread
        ? Optional.of(new Observation.Beside(stored.index(), unread.why()))
        : Optional.empty();
  }

  @Override
  public Observation unreadable(long first, String why) {
    return new Observation.Beside(first, Beyond.CONTRADICTS);
  }

  private Observation watched(long index, Leaf leaf, RecordedDecision recorded) {
    Optional<Inputs> inputs = recorded.inputs();
    if (inputs.isEmpty()) {
      return new Observation.Beside(
          index, recorded.allowed() ? Beyond.CONTRADICTS : Beyond.NOT_THE_POLICYS);
    }
    Decision decision = policy.policy().decide(inputs.get());
    boolean allowed = decision instanceof Decision.Allow;
    if (allowed != recorded.allowed()) {
      // What was allowed and then not issued is a denial beside the policy's.
      return new Observation.Beside(index, allowed ? Beyond.NOT_THE_POLICYS : Beyond.CONTRADICTS);
    }
    return new Observation.Watched(
        index,
        leaf.id().toString(),
        recorded.decided(),
        allowed,
        !allowed
            && decision.reasons().stream()
                .allMatch(reason -> reason.rule().equals(Policy.NO_PERMIT)),
        inputs.get().subject().host(),
        inputs.get().subject().workload(),
        decision.rules().stream()
            .filter(result -> result.rule().mode() == Rule.Mode.SHADOW)
            .toList());
  }
}
