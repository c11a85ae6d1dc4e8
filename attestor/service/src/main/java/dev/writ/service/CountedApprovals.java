// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ApproverRole;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.RecordedApproval;
import dev.writ.ledger.StateChange;
import dev.writ.policy.Approvals;
import dev.writ.policy.Governance;
import dev.writ.policy.Governance.Approval;
import dev.writ.policy.Inputs;
import dev.writ.tlog.Hash;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The approvals of one request that count for one decision, each verified, by the rules of the policy that
 * decides.
 *
 * @param rules the policy's; empty where it asks nobody, and then none counts
 * @param trust by which the approvers were told
 * @param counted of different approvers, oldest first
 * @param carried whether the execution began with them and goes on, and no decision uses them again
 */
record CountedApprovals(
    Optional<Approvals> rules, TrustContent trust, List<Counted> counted, boolean carried) {
  /** For how long an approval is supposed to be given where none is. */
  static final Duration SUPPOSED = Duration.ofHours(1);

  /**
   * One that counts.
   *
   * @param id of its leaf, by which an artifact names it
   * @param leaf hash of its leaf
   * @param terms what was signed
   * @param shown what rules see of it
   */
  record Counted(UuidV7 id, Hash leaf, RequestApproval.Terms terms, Approval shown) {
    StateChange use() {
      return new StateChange.UseApproval(
          terms.digest(), terms.requestDigest(), terms.policyDigest());
    }
  }

  /** Copies the approvals. */
  CountedApprovals {
    counted = List.copyOf(counted);
  }

  /**
   * What rules see of an approval; empty where it does not count for what begins at this time. Whom an
   * approver did not see to have asked, he has approved nothing for.
   *
   * @param request that is decided on
   * @param trust names the approver, and as what
   * @param initiator who set the request in motion, as was proven
   */
  static Optional<Approval> shown(
      RequestApproval approval,
      ExecutionRequest request,
      Approvals rules,
      TrustContent trust,
      Optional<String> initiator,
      Instant begins) {
    RequestApproval.Terms terms = approval.terms();
    if (!terms.holdsAt(begins)
        || !terms.isFor(request, initiator)
        || !rules.admits(terms.approver(), initiator)) {
      return Optional.empty();
    }
    return approval.judge(trust) instanceof RequestApproval.Outcome.Holds holds
        ? Optional.of(new Approval(terms.approver(), holds.role().wire(), terms.expires()))
        : Optional.empty();
  }

  /** Those that rules see: all, or none where they are too few. */
  List<Counted> seen() {
    return rules.isPresent() && counted.size() >= rules.get().threshold() ? counted : List.of();
  }

  /** Those of them that an allow uses up. */
  List<Counted> used() {
    return carried ? List.of() : seen();
  }

  /** Governance with what rules see of them. */
  Governance in(Governance governance) {
    return new Governance(
        governance.initiator(),
        seen().stream().map(Counted::shown).toList(),
        governance.mode(),
        governance.epoch());
  }

  /** What would turn a denial upon these inputs into an allow, where those are approvals that lack. */
  Optional<StepUp> next(PolicyInForce policy, Inputs inputs, Hash request) {
    return stepUp(policy, inputs, request).filter(step -> step.given() < step.threshold());
  }

  /**
   * Whether approvals, and nothing else, would turn a denial upon these inputs into an allow. Supposed are as
   * many as the policy takes, and then as many as there can be, since a rule may ask for somebody's.
   */
  Optional<StepUp> stepUp(PolicyInForce policy, Inputs inputs, Hash request) {
    if (rules.isEmpty()) {
      return Optional.empty();
    }
    int threshold = rules.get().threshold();
    List<String> others = others(inputs);
    List<Approval> supposed = new ArrayList<>();
    counted.forEach(each -> supposed.add(each.shown()));
    Instant until = inputs.now().plus(SUPPOSED);
    for (String other : others) {
      supposed.add(new Approval(other, roleOf(other).orElseThrow().wire(), until));
    }
    int most = Math.min(supposed.size(), RecordedApproval.MAX_OPEN);
    boolean helps =
        threshold <= most
            && (policy.policy().wouldAllow(inputs, supposed.subList(0, threshold))
                || policy.policy().wouldAllow(inputs, supposed.subList(0, most)));
    return helps
        ? Optional.of(
            new StepUp(
                threshold,
                counted.size(),
                others,
                request,
                policy.digest(),
                inputs.governance().initiator()))
        : Optional.empty();
  }

  /** Who may approve and has not, in ascending order. */
  private List<String> others(Inputs inputs) {
    List<String> given = counted.stream().map(each -> each.terms().approver()).toList();
    return rules.orElseThrow().approvers().stream()
        .filter(approver -> !given.contains(approver))
        .filter(approver -> rules.orElseThrow().admits(approver, inputs.governance().initiator()))
        .filter(approver -> roleOf(approver).isPresent())
        .sorted()
        .toList();
  }

  /** As what the trust file names a key that a policy names; a policy may name what is no thumbprint. */
  private Optional<ApproverRole> roleOf(String approver) {
    return ApproverRole.ofThumbprint(trust, approver);
  }
}
