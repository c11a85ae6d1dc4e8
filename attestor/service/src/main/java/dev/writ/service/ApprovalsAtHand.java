// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.TrustContent;
import dev.writ.ledger.KeptPayload;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.RecordedApproval;
import dev.writ.policy.Approvals;
import dev.writ.policy.Governance.Approval;
import dev.writ.service.CountedApprovals.Counted;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Finds the approvals that a decision may count. A row says where one is; what it says, and whose word it
 * is, is verified at each decision: whoever can write the store approves nothing by that.
 */
final class ApprovalsAtHand {
  private final Ledger ledger;
  private final TrustFiles trust;

  ApprovalsAtHand(Ledger ledger, TrustFiles trust) {
    this.ledger = ledger;
    this.trust = trust;
  }

  /**
   * Those of a request that count for what begins at a time. Where the policy asks nobody, the ledger is not
   * asked either.
   *
   * @param initiator who set the request in motion
   */
  CountedApprovals of(
      PolicyInForce policy, ExecutionRequest request, Optional<String> initiator, Instant now)
      throws LedgerException {
    return of(policy, request, initiator, now, Optional.empty());
  }

  /**
   * The same for what may run already: it goes on by those that it began with, where they still are enough.
   * Until when one may be used says when a program may be started by it, and not for how long it runs.
   *
   * @param goesOn the execution that does
   */
  CountedApprovals of(
      PolicyInForce policy,
      ExecutionRequest request,
      Optional<String> initiator,
      Instant now,
      Optional<Renewal> goesOn)
      throws LedgerException {
    TrustContent believed = trust.newest().content();
    Optional<Approvals> rules = policy.document().approvals();
    if (rules.isEmpty()) {
      return new CountedApprovals(rules, believed, List.of(), false);
    }
    if (goesOn.isPresent()) {
      List<Counted> carried =
          counted(
              usedBy(goesOn.get().beganIndex(), request, policy),
              request,
              rules.get(),
              believed,
              initiator,
              goesOn.get().began().time());
      if (carried.size() >= rules.get().threshold()) {
        return new CountedApprovals(rules, believed, carried, true);
      }
    }
    return new CountedApprovals(
        rules,
        believed,
        counted(
            ledger.openApprovals(request.digest(), policy.digest(), now),
            request,
            rules.get(),
            believed,
            initiator,
            now),
        false);
  }

  private List<RecordedApproval> usedBy(long began, ExecutionRequest request, PolicyInForce policy)
      throws LedgerException {
    List<RecordedApproval> used = new ArrayList<>();
    for (RecordedApproval row :
        ledger.approvalsBefore(began, request.digest(), policy.digest(), Instant.EPOCH)) {
      if (row.usedBy().equals(OptionalLong.of(began))) {
        used.add(row);
      }
    }
    return used;
  }

  private List<Counted> counted(
      List<RecordedApproval> rows,
      ExecutionRequest request,
      Approvals rules,
      TrustContent believed,
      Optional<String> initiator,
      Instant begins)
      throws LedgerException {
    List<Counted> counted = new ArrayList<>();
    for (RecordedApproval row : rows) {
      Leaf leaf = leaf(row);
      RequestApproval approval = ((RequestApproved) leaf.body()).approval();
      Optional<Approval> shown =
          CountedApprovals.shown(approval, request, rules, believed, initiator, begins);
      boolean first =
          counted.stream().noneMatch(each -> each.terms().kid().equals(approval.terms().kid()));
      if (shown.isPresent() && first) {
        counted.add(new Counted(leaf.id(), leaf.hash(), approval.terms(), shown.get()));
      }
    }
    return counted;
  }

  private Leaf leaf(RecordedApproval row) throws LedgerException {
    Optional<Leaf> leaf = ledger.leaf(row.leafIndex());
    if (leaf.isPresent()
        && leaf.get().body() instanceof RequestApproved approved
        && approved.approval().terms().digest().equals(row.statement())
        && approved.approval().terms().requestDigest().equals(row.request())
        && approved.approval().terms().policyDigest().equals(row.policy())) {
      return leaf.get();
    }
    throw new LedgerException(
        KeptPayload.CONTRADICTS,
        "leaf "
            + row.leafIndex()
            + " must have the approval of request "
            + row.request()
            + " that the ledger's state names, and has not: somebody changed the store; check it with"
            + " writ ledger fsck");
  }
}
