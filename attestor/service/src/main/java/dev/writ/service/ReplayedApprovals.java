// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.TrustContent;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.RecordedApproval;
import dev.writ.policy.Approvals;
import dev.writ.policy.Governance.Approval;
import dev.writ.policy.Inputs;
import dev.writ.service.CountedApprovals.Counted;
import dev.writ.service.RecordedGrounds.TrustThen;
import dev.writ.service.RecordedHosts.RecordedHost;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Finds once more what approvals a decision's rules saw: those among its leaf's parents, each verified under
 * the trust file of then.
 */
final class ReplayedApprovals {
  private final RecordedGrounds grounds;
  private final ReplaySteps steps;
  private final long index;
  private final Leaf leaf;

  ReplayedApprovals(RecordedGrounds grounds, ReplaySteps steps, long index, Leaf leaf) {
    this.grounds = grounds;
    this.steps = steps;
    this.index = index;
    this.leaf = leaf;
  }

  /**
   * Those of a decision.
   *
   * @param recorded a denial whose inputs are not kept had none; an allow's parents are always read, and
   *     without its inputs, which say who its initiator was, nobody is asked to be another than he
   */
  CountedApprovals of(PolicyInForce policy, RecordedHost host, RecordedDecision recorded)
      throws LedgerException, ContradictionException {
    Optional<Inputs> was = recorded.inputs();
    TrustThen trust = grounds.trustAt(index);
    Optional<Approvals> rules = policy.document().approvals();
    Set<Hash> left = new LinkedHashSet<>(leaf.parents());
    left.remove(policy.leaf());
    left.remove(host.host().enrolment());
    policy.mode().parent(recorded.decided()).ifPresent(left::remove);
    left.removeAll(grounds.origins(leaf, index));
    if (left.isEmpty() && rules.isPresent() && saw(was)) {
      Optional<RecordedGrounds.Allowed> began = began(recorded);
      if (began.isPresent()) {
        return carried(policy, rules.get(), trust, recorded, began.get());
      }
    }
    if (left.isEmpty() || (was.isEmpty() && !recorded.allowed())) {
      return new CountedApprovals(rules, trust.content(), List.of(), false);
    }
    steps.begin(ReplayStep.APPROVALS);
    List<Counted> counted = new ArrayList<>();
    if (rules.isPresent()) {
      for (RecordedApproval row :
          grounds.approvalsBefore(
              index, recorded.application().request().digest(), policy.digest(), Instant.EPOCH)) {
        Leaf approval = grounds.provenLeaf(row.leafIndex());
        if (left.remove(approval.hash())) {
          Used by = used(row, recorded);
          verified(row, approval, rules.get(), trust, recorded, by).ifPresent(counted::add);
        }
      }
    }
    if (!left.isEmpty()) {
      throw new ContradictionException(
          "parents of leaf " + index,
          "beside policy, host, break-glass and parent, approvals of this request that are recorded",
          "leaf " + left.iterator().next() + ", which is none");
    }
    say(trust, counted);
    return new CountedApprovals(rules, trust.content(), counted, false);
  }

  /** Whether it is kept that rules were shown an approval. */
  private static boolean saw(Optional<Inputs> was) {
    return was.map(inputs -> !inputs.governance().approvals().isEmpty()).orElse(false);
  }

  /** The decision with which the execution began that an allow lets go on. */
  private Optional<RecordedGrounds.Allowed> began(RecordedDecision recorded)
      throws LedgerException, ContradictionException {
    return leaf.body() instanceof LeafBody.DecisionAllow allow
            && allow.renews().isPresent()
            && recorded.application().request().isOfExecutions()
        ? Optional.of(grounds.allowed("renews", allow.renews().get(), index))
        : Optional.empty();
  }

  /**
   * Those that the execution began with, by whose decision they are used, and that still counted when it went
   * on: whom the trust file had ceased to name is left out, and the inputs say whether that was all.
   */
  private CountedApprovals carried(
      PolicyInForce policy,
      Approvals rules,
      TrustThen trust,
      RecordedDecision recorded,
      RecordedGrounds.Allowed began)
      throws LedgerException, ContradictionException {
    steps.begin(ReplayStep.APPROVALS);
    List<Counted> counted = new ArrayList<>();
    for (RecordedApproval row :
        grounds.approvalsBefore(
            began.index(),
            recorded.application().request().digest(),
            policy.digest(),
            Instant.EPOCH)) {
      Leaf approval = grounds.provenLeaf(row.leafIndex());
      if (began.leaf().parents().contains(approval.hash())) {
        Used by = new Used(began.index(), began.leaf().time());
        RequestApproval given = ofRow(row, approval, by);
        shown(given, rules, trust, recorded, by)
            .map(shown -> counted(approval, given, shown))
            .ifPresent(counted::add);
      }
    }
    say(trust, counted);
    return new CountedApprovals(Optional.of(rules), trust.content(), counted, true);
  }

  /** By which decision an approval was used, when. */
  private record Used(long index, Instant at) {}

  /** A denial of what ran already names approvals that were used when it began. */
  private Used used(RecordedApproval row, RecordedDecision recorded)
      throws LedgerException, ContradictionException {
    boolean before =
        !recorded.allowed() && row.usedBy().isPresent() && row.usedBy().getAsLong() < index;
    return before
        ? new Used(row.usedBy().getAsLong(), grounds.provenLeaf(row.usedBy().getAsLong()).time())
        : new Used(index, recorded.decided());
  }

  private void say(TrustThen trust, List<Counted> counted) {
    if (trust.isKnown()) {
      steps.same(counted.size() + " under trust file version " + trust.content().version());
    } else {
      steps.say(
          new StepOutcome.NotKept(
              "the trust file of then, by which approvers are told: the configured one is version "
                  + trust.content().version()
                  + "; name the one with which the ledger began"));
    }
  }

  /** Empty where nobody can say any more whether it counted. */
  private Optional<Counted> verified(
      RecordedApproval row,
      Leaf approved,
      Approvals rules,
      TrustThen trust,
      RecordedDecision recorded,
      Used by)
      throws ContradictionException {
    RequestApproval approval = ofRow(row, approved, by);
    Optional<Inputs> was = recorded.inputs();
    boolean ofInitiator =
        approval.terms().isFor(recorded.application().request(), initiator(recorded));
    if (was.isEmpty() && !ofInitiator) {
      return Optional.empty();
    }
    Optional<Approval> shown = shown(approval, rules, trust, recorded, by);
    if (shown.isEmpty() && was.isEmpty() && !trust.isKnown()) {
      return Optional.empty();
    }
    if (shown.isEmpty()) {
      throw new ContradictionException(
          member(row),
          "one that counts under trust file version " + trust.content().version(),
          ofInitiator ? why(approval, trust.content()) : "of another request or initiator");
    }
    return Optional.of(counted(approved, approval, shown.get()));
  }

  /** What the leaf of a row says, which must be what the row says. */
  private RequestApproval ofRow(RecordedApproval row, Leaf approved, Used by)
      throws ContradictionException {
    if (!(approved.body() instanceof RequestApproved body)
        || !body.approval().terms().digest().equals(row.statement())) {
      throw new ContradictionException(
          "request_approval row " + row.statement(), "of the leaf that has it", "of another");
    }
    if (leaf.body() instanceof LeafBody.DecisionAllow
        && !row.usedBy().equals(OptionalLong.of(by.index()))) {
      throw new ContradictionException(
          member(row), "used by leaf " + by.index(), "used by " + words(row.usedBy()));
    }
    return body.approval();
  }

  private static String member(RecordedApproval row) {
    return "approval of leaf " + row.leafIndex();
  }

  private static Optional<String> initiator(RecordedDecision recorded) {
    return recorded.inputs().flatMap(inputs -> inputs.governance().initiator());
  }

  private static Counted counted(Leaf approved, RequestApproval approval, Approval shown) {
    return new Counted(approved.id(), approved.hash(), approval.terms(), shown);
  }

  /** What rules see of it under the trust file of then; empty where it does not count under that. */
  private static Optional<Approval> shown(
      RequestApproval approval,
      Approvals rules,
      TrustThen trust,
      RecordedDecision recorded,
      Used by) {
    ExecutionRequest request = recorded.application().request();
    Optional<Inputs> was = recorded.inputs();
    Optional<String> initiator = initiator(recorded);
    Optional<Approval> shown =
        CountedApprovals.shown(
            approval,
            request,
            was.isPresent() ? rules : new Approvals(rules.threshold(), rules.approvers(), false),
            trust.content(),
            initiator,
            by.at());
    return shown.isEmpty() && !trust.isKnown() && approval.terms().isFor(request, initiator)
        ? was.flatMap(inputs -> recorded(approval.terms(), inputs))
        : shown;
  }

  /** As the rules were shown it, where nobody can say any more as what its approver was named. */
  private static Optional<Approval> recorded(RequestApproval.Terms terms, Inputs was) {
    return was.governance().approvals().stream()
        .filter(
            each ->
                each.approver().equals(terms.approver()) && each.expires().equals(terms.expires()))
        .findFirst();
  }

  private static String why(RequestApproval approval, TrustContent trust) {
    return approval.judge(trust) instanceof RequestApproval.Outcome.Refused refused
        ? refused.reason().wire() + ": " + refused.message()
        : "past its end, or of an approver who does not count";
  }

  private static String words(OptionalLong leafIndex) {
    return leafIndex.isPresent() ? "leaf " + leafIndex.getAsLong() : "none";
  }
}
