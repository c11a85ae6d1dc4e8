// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Governance;
import dev.writ.ledger.RecordedApproval;
import dev.writ.policy.Approvals;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.Obligation;
import dev.writ.policy.Policy;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.Rule;
import dev.writ.tlog.Hash;
import java.util.List;
import java.util.Map;

/**
 * A policy by which decisions can be made, of whatever epoch.
 *
 * @param policy compiled
 * @param expectations of its reference sets, by their names
 */
record UsablePolicy(Policy policy, Map<String, Expectation> expectations) {
  /**
   * Makes it ready.
   *
   * @throws UnusablePolicyException if a rule does not compile, a reference set names a key that is none,
   *     what the rules oblige to fits into no artifact, or more must approve than can
   */
  static UsablePolicy of(PolicyDocument document) throws UnusablePolicyException {
    Policy policy;
    try {
      policy = Policy.compile(document);
    } catch (MalformedPolicyException e) {
      throw new UnusablePolicyException("policy_malformed", String.valueOf(e.getMessage()));
    }
    requireGrantable(document);
    requireReachable(document);
    return new UsablePolicy(policy, Expectation.ofAll(document));
  }

  /** What a policy can oblige to must fit into an artifact: better found here than at a grant. */
  private static void requireGrantable(PolicyDocument document) throws UnusablePolicyException {
    List<String> obligations =
        document.rules().stream()
            .filter(rule -> rule.mode() == Rule.Mode.ENFORCE)
            .flatMap(rule -> rule.obligations().stream())
            .map(Obligation::wire)
            .distinct()
            .toList();
    try {
      var unused =
          new Governance("host", List.of(), obligations, Governance.Mode.STANDARD).obligations();
    } catch (IllegalArgumentException e) {
      throw new UnusablePolicyException(
          "policy_obliges_to_too_much",
          "what the enforced rules of policy "
              + document.id()
              + " oblige to must fit into one artifact, and does not: "
              + e.getMessage());
    }
  }

  PolicyDocument document() {
    return policy.document();
  }

  /** What more must approve than may at a time would never be allowed, and its author finds out late. */
  private static void requireReachable(PolicyDocument document) throws UnusablePolicyException {
    int threshold = document.approvals().map(Approvals::threshold).orElse(0);
    if (threshold > RecordedApproval.MAX_OPEN) {
      throw new UnusablePolicyException(
          "policy_approvals_unreachable",
          "approvals.threshold of policy "
              + document.id()
              + " must be at most "
              + RecordedApproval.MAX_OPEN
              + ", as many as a decision can come from, was "
              + threshold);
    }
  }

  /** The same, in force. */
  PolicyInForce inForce(long epoch, Hash leaf) {
    return new PolicyInForce(policy, epoch, leaf, expectations);
  }
}
