// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RequestApproved;
import dev.writ.tlog.Hash;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Approvals of requests and the decisions that they let happen, as leaves tell them. */
final class ApprovalRules {
  private static final class Approval {
    private final RequestApproval.Terms terms;
    private final Hash statement;
    private boolean used;

    Approval(RequestApproval.Terms terms) {
      this.terms = terms;
      this.statement = terms.digest();
    }
  }

  private final Map<Hash, Approval> byLeaf = new HashMap<>();
  private final Set<Hash> statements = new HashSet<>();

  /** What is wrong with the next leaf, if something is. */
  Optional<String> take(Leaf leaf) {
    LeafBody body = leaf.body();
    if (body instanceof RequestApproved approved) {
      Approval approval = new Approval(approved.approval().terms());
      byLeaf.put(leaf.hash(), approval);
      if (!statements.add(approval.statement)) {
        return Optional.of(
            "an approval must be recorded once, " + approval.statement + " was before");
      }
      return leaf.time().isBefore(approval.terms.expires())
          ? Optional.empty()
          : Optional.of("an approval must be recorded before its end, " + approval.terms.expires());
    }
    if (body instanceof LeafBody.DecisionAllow allow) {
      return used(leaf, allow);
    }
    return body instanceof LeafBody.DecisionDeny deny
        ? of(leaf, deny.requestDigest(), deny.policyDigest())
        : Optional.empty();
  }

  /** Statements of the approvals that a leaf comes from. */
  List<Hash> statementsOf(Leaf leaf) {
    return approvals(leaf).stream().map(approval -> approval.statement).toList();
  }

  private List<Approval> approvals(Leaf leaf) {
    return leaf.parents().stream()
        .flatMap(parent -> Optional.ofNullable(byLeaf.get(parent)).stream())
        .toList();
  }

  private Optional<String> used(Leaf leaf, LeafBody.DecisionAllow allow) {
    Optional<String> wrong = of(leaf, Optional.of(allow.requestDigest()), allow.policyDigest());
    for (Approval approval : approvals(leaf)) {
      if (wrong.isEmpty()) {
        wrong = whyNotUsed(approval, leaf);
      }
      approval.used = true;
    }
    return wrong;
  }

  private static Optional<String> whyNotUsed(Approval approval, Leaf leaf) {
    if (approval.used) {
      return Optional.of("an approval must be used once, " + approval.statement + " was before");
    }
    return leaf.time().isBefore(approval.terms.expires())
        ? Optional.empty()
        : Optional.of(
            "an approval must be used before its end, "
                + approval.terms.expires()
                + ", was at "
                + leaf.time());
  }

  private Optional<String> of(Leaf leaf, Optional<Hash> request, Hash policy) {
    for (Approval approval : approvals(leaf)) {
      if (!request.equals(Optional.of(approval.terms.requestDigest()))
          || !policy.equals(approval.terms.policyDigest())) {
        return Optional.of(
            "a decision must come from approvals of its request and policy, "
                + approval.statement
                + " is of another");
      }
    }
    return Optional.empty();
  }
}
