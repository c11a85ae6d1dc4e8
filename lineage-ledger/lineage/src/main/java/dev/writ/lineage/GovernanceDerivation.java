// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.DrillSummary;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.HostChange;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.RefusalCount;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.ServiceStart;
import dev.writ.artifact.StartBinding;
import dev.writ.artifact.TrustReference;
import dev.writ.tlog.Hash;
import java.util.List;
import java.util.Optional;

/** What is told of hosts, approvals, operations, modes, policies, keys, starts and summaries: of all that decisions rest on. */
final class GovernanceDerivation {
  private final FragmentBuilder fragment;

  GovernanceDerivation(FragmentBuilder fragment) {
    this.fragment = fragment;
  }

  void stands(HostChange change) {
    Node.Enforcement enforcement =
        new Node.Enforcement(
            fragment.index(),
            fragment.leaf().time(),
            "host_" + change.state().wire(),
            change.reason().wire());
    fragment.add(enforcement);
    for (IndexedLeaf enrolment : fragment.enrolments()) {
      fragment.edge(enforcement.id(), EdgeKind.STATES, NodeId.of(NodeKind.HOST, enrolment.index()));
    }
  }

  void enrolled(LeafBody.Enrolment enrolment) {
    Node.Host host =
        new Node.Host(
            fragment.index(),
            enrolment.host(),
            enrolment.admission(),
            fragment.openings().value(enrolment.host()));
    Node.AttestationKey ak = new Node.AttestationKey(fragment.index(), enrolment.akNameDigest());
    Node.EndorsementKey ek = new Node.EndorsementKey(fragment.index(), enrolment.ekDigest());
    fragment.addAll(List.of(host, ak, ek));
    fragment.edge(host, EdgeKind.ATTESTS_WITH, ak);
    fragment.edge(ak, EdgeKind.BOUND_TO, ek);
    fragment
        .policies()
        .forEach(policy -> fragment.edge(host.id(), EdgeKind.EVALUATED_UNDER, policy));
    fragment
        .approvals()
        .forEach(approval -> fragment.edge(host.id(), EdgeKind.APPROVED_BY, approval));
  }

  void invited(LeafBody.Approval approval) {
    GovernanceNode.Approval node =
        new GovernanceNode.Approval(
            fragment.index(), fragment.leaf().time(), approval.of().wire(), "invited");
    Node.Principal invited =
        new Node.Principal(
            fragment.index(),
            "invited_host",
            Optional.of(approval.subject()),
            fragment.openings().value(approval.subject()));
    fragment.addAll(List.of(node, invited));
    fragment.edge(node, EdgeKind.NAMES, invited);
    fragment
        .policies()
        .forEach(policy -> fragment.edge(node.id(), EdgeKind.EVALUATED_UNDER, policy));
  }

  void approved(RequestApproval.Terms terms) {
    GovernanceNode.RequestApproval node =
        new GovernanceNode.RequestApproval(
            fragment.index(),
            fragment.leaf().time(),
            terms.requestDigest(),
            terms.policyDigest(),
            terms.expires());
    fragment.add(node);
    fragment.key(node.id(), EdgeKind.SIGNED_BY, terms.kid());
    fragment
        .policies()
        .forEach(policy -> fragment.edge(node.id(), EdgeKind.EVALUATED_UNDER, policy));
    for (IndexedLeaf denial : fragment.parentsOf(LeafKind.DECISION_DENY)) {
      fragment.edge(node.id(), EdgeKind.ANSWERS, NodeId.of(NodeKind.DECISION, denial.index()));
    }
  }

  void stepped(OperationStep step) {
    Hash digest = Operations.named(step).orElseThrow();
    GovernanceNode.Operation operation = new GovernanceNode.Operation(fragment.index(), digest);
    GovernanceNode.Approval node =
        new GovernanceNode.Approval(
            fragment.index(), fragment.leaf().time(), step.of().wire(), word(step));
    fragment.addAll(List.of(operation, node));
    fragment.edge(node, EdgeKind.STEP_OF, operation);
    fragment
        .policies()
        .forEach(policy -> fragment.edge(node.id(), EdgeKind.EVALUATED_UNDER, policy));
    if (step instanceof OperationStep.Proposed proposed) {
      proposed.by().ifPresent(by -> fragment.key(operation.id(), EdgeKind.SIGNED_BY, by.kid()));
    } else if (step instanceof OperationStep.Approved approved) {
      fragment.key(node.id(), EdgeKind.SIGNED_BY, approved.approval().approver());
      fragment.key(operation.id(), EdgeKind.APPROVED_BY, approved.approval().approver());
    } else if (step instanceof OperationStep.Ended ended) {
      ended.by().ifPresent(by -> fragment.key(node.id(), EdgeKind.SIGNED_BY, by.kid()));
      ended.trust().ifPresent(trust -> trusts(node.id(), trust));
    }
  }

  void governed(GovernanceStep step) {
    GovernanceNode.Approval node =
        new GovernanceNode.Approval(
            fragment.index(), fragment.leaf().time(), step.of(), step.event());
    fragment.add(node);
    fragment
        .policies()
        .forEach(policy -> fragment.edge(node.id(), EdgeKind.EVALUATED_UNDER, policy));
    fragment.key(node.id(), EdgeKind.SIGNED_BY, step.order().signer());
    if (step instanceof GovernanceStep.Begun begun) {
      begun
          .grant()
          .signatures()
          .forEach(signature -> fragment.key(node.id(), EdgeKind.APPROVED_BY, signature.kid()));
    } else if (step instanceof GovernanceStep.Ordered ordered && ordered.revokes()) {
      fragment
          .approvals()
          .forEach(breakglass -> fragment.edge(node.id(), EdgeKind.WITHDRAWS, breakglass));
    }
  }

  private static String word(OperationStep step) {
    if (step instanceof OperationStep.Proposed) {
      return "proposed";
    }
    return step instanceof OperationStep.Ended ended ? ended.end().wire() : "approved";
  }

  void inForce(LeafBody.PolicyInForce policy) {
    GovernanceNode.Policy node =
        new GovernanceNode.Policy(fragment.index(), fragment.leaf().time(), policy.policy());
    fragment.add(node);
    fragment.policies().forEach(before -> fragment.edge(node.id(), EdgeKind.FOLLOWS, before));
    publishedUnder(node);
  }

  void keyBegan(LeafBody.KeyStatement key) {
    statement(
        new GovernanceNode.KeyStatement(
            fragment.index(),
            fragment.leaf().time(),
            key.kid(),
            key.role(),
            key.state(),
            key.vkey()));
  }

  void keyChanged(KeyChange change) {
    GovernanceNode.KeyStatement node =
        new GovernanceNode.KeyStatement(
            fragment.index(),
            fragment.leaf().time(),
            change.kid(),
            change.role(),
            change.state(),
            Optional.empty());
    statement(node);
    GovernanceNode.Operation operation =
        new GovernanceNode.Operation(fragment.index(), change.operation());
    fragment.add(operation);
    fragment.edge(node, EdgeKind.APPROVED_BY, operation);
    change.other().ifPresent(other -> fragment.key(node.id(), EdgeKind.BESIDE, other));
    change.trust().ifPresent(trust -> trusts(node.id(), trust));
  }

  private void statement(GovernanceNode.KeyStatement node) {
    fragment.add(node);
    fragment.key(node.id(), EdgeKind.STATES, node.kid());
    publishedUnder(node);
  }

  void started(ServiceStart start) {
    StartBinding binding = start.binding();
    GovernanceNode.Start node = new GovernanceNode.Start(fragment.index(), fragment.leaf().time());
    Node.Evidence evidence =
        new Node.Evidence(
            fragment.index(), start.evidenceDigest(), Optional.of(start.host().pcrDigest()));
    Node.AttestationKey ak =
        new Node.AttestationKey(fragment.index(), Hash.sha256(start.host().akName().bytes()));
    GovernanceNode.Tree tree =
        new GovernanceNode.Tree(
            fragment.index(), binding.origin(), binding.treeSize(), binding.root());
    fragment.addAll(List.of(node, evidence, ak, tree));
    fragment.edge(node, EdgeKind.RAN_IN, evidence);
    fragment.edge(evidence, EdgeKind.CERTIFIED_BY, ak);
    fragment.edge(node, EdgeKind.STATES_TREE, tree);
    trusts(node.id(), binding.trust());
    binding.keys().forEach(opened -> fragment.key(node.id(), EdgeKind.OPENED, opened.kid()));
    for (IndexedLeaf parent : fragment.parentsOf(LeafKind.KEY)) {
      if (parent.leaf().body() instanceof ServiceStart) {
        fragment.edge(node.id(), EdgeKind.FOLLOWS, NodeId.of(NodeKind.START, parent.index()));
      }
    }
    publishedUnder(node);
  }

  void summed(LeafBody.Summary summary) {
    long refusals = summary.counts().stream().mapToLong(RefusalCount::count).sum();
    fragment.add(
        new GovernanceNode.Summary(fragment.index(), summary.from(), summary.to(), refusals));
  }

  void drilled(DrillSummary drill) {
    GovernanceNode.Drill node = new GovernanceNode.Drill(fragment.index(), drill);
    fragment.add(node);
    fragment.key(node.id(), EdgeKind.SIGNED_BY, drill.kid());
  }

  private void publishedUnder(Node node) {
    for (IndexedLeaf parent : fragment.parentsOf(LeafKind.KEY)) {
      if (!(parent.leaf().body() instanceof ServiceStart)) {
        fragment.edge(
            node.id(), EdgeKind.PUBLISHED_UNDER, NodeId.of(NodeKind.KEY_STATEMENT, parent.index()));
      }
    }
  }

  private void trusts(NodeId from, TrustReference trust) {
    GovernanceNode.TrustedKeys file =
        new GovernanceNode.TrustedKeys(fragment.index(), trust.version(), trust.digest());
    fragment.add(file);
    fragment.edge(from, EdgeKind.TRUSTS, file.id());
  }
}
