// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.DrillSummary;
import dev.writ.artifact.Evaluation;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.RefusalCount;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.RevokedScope;
import dev.writ.artifact.ServiceStart;
import dev.writ.artifact.StartBinding;
import dev.writ.artifact.TrustReference;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verification;
import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Nodes and edges of one leaf, out of its bytes, its parents' and what was opened: nothing else. */
final class Derivation {
  /** Of these denials the code says that it was the Evidence that did not hold. */
  private static final Set<DenialCode> OF_EVIDENCE =
      Set.of(DenialCode.RUNTIME_INTEGRITY, DenialCode.ENVIRONMENT_UNTRUSTED);

  private final long index;
  private final Leaf leaf;
  private final List<IndexedLeaf> parents;
  private final Openings openings;
  private final List<Node> nodes = new ArrayList<>();
  private final List<Edge> edges = new ArrayList<>();

  private Derivation(IndexedLeaf leaf, List<IndexedLeaf> parents, Openings openings) {
    this.index = leaf.index();
    this.leaf = leaf.leaf();
    this.parents = parents;
    this.openings = openings;
  }

  /**
   * What {@code leaf} adds.
   *
   * @param parents those of its parents that are earlier leaves and could be read
   */
  static Fragment of(IndexedLeaf leaf, List<IndexedLeaf> parents, Openings openings) {
    Derivation derivation = new Derivation(leaf, parents, openings);
    derivation.derive();
    return new Fragment(derivation.nodes, derivation.edges);
  }

  private void derive() {
    LeafBody body = leaf.body();
    if (body instanceof LeafBody.DecisionAllow allow) {
      allowed(allow);
    } else if (body instanceof LeafBody.DecisionDeny deny) {
      denied(deny);
    } else if (body instanceof Verification verification) {
      judged(verification);
    } else if (body instanceof Evaluation evaluation) {
      evaluated(evaluation);
    } else if (body instanceof LeafBody.Outcome outcome) {
      ended(outcome);
    } else if (body instanceof LeafBody.Enrolment enrolment) {
      enrolled(enrolment);
    } else if (body instanceof LeafBody.Revocation revocation) {
      withdrawn(revocation);
    } else if (body instanceof LeafBody.BootRevocation revocation) {
      withdrawnAll(revocation);
    } else if (body instanceof LeafBody.ScopeRevocation revocation) {
      withdrawn(revocation);
    } else if (body instanceof LeafBody.Approval approval) {
      invited(approval);
    } else if (body instanceof RequestApproved approved) {
      approved(approved.approval().terms());
    } else if (body instanceof OperationStep step) {
      stepped(step);
    } else if (body instanceof GovernanceStep step) {
      governed(step);
    } else if (body instanceof LeafBody.PolicyInForce policy) {
      inForce(policy);
    } else if (body instanceof LeafBody.KeyStatement key) {
      keyBegan(key);
    } else if (body instanceof KeyChange change) {
      keyChanged(change);
    } else if (body instanceof ServiceStart start) {
      started(start);
    } else if (body instanceof LeafBody.Summary summary) {
      summed(summary);
    } else if (body instanceof DrillSummary drill) {
      drilled(drill);
    } else {
      throw new IllegalStateException("bug: no node is known for a leaf of " + body.getClass());
    }
  }

  private void allowed(LeafBody.DecisionAllow allow) {
    Optional<ArtifactClaims> opened = openings.artifact(allow.artifactDigest());
    Node.Request request =
        new Node.Request(
            index,
            Optional.of(allow.requestDigest()),
            Optional.of(allow.args()),
            opened.map(claims -> claims.act().action() + " " + claims.act().resource()));
    Node.Principal subject =
        new Node.Principal(
            index,
            "subject",
            Optional.of(allow.subject()),
            openings.value(allow.subject()).or(() -> opened.map(ArtifactClaims::sub)));
    Node.Decision decision =
        new Node.Decision(
            index,
            leaf.time(),
            Optional.empty(),
            Optional.empty(),
            allow.policyDigest(),
            allow.epoch());
    Node.AuthorizationArtifact artifact =
        new Node.AuthorizationArtifact(
            index, allow.jti(), allow.artifactDigest(), opened.map(ArtifactClaims::exp));
    nodes.addAll(List.of(request, subject, decision, artifact));
    edge(request, EdgeKind.STARTED_BY, subject);
    edge(decision, EdgeKind.DECIDED_ON, request);
    edge(artifact, EdgeKind.ISSUED_FROM, decision);
    verified(
        decision,
        Optional.empty(),
        allow.evidenceDigest(),
        opened.map(claims -> claims.env().digest()));
    rests(decision, request);
    for (IndexedLeaf above : parentsOf(LeafKind.DECISION_ALLOW)) {
      if (above.leaf().body() instanceof LeafBody.DecisionAllow first
          && allow.renews().equals(Optional.of(first.jti()))) {
        edge(artifact.id(), EdgeKind.RENEWS, new NodeId(NodeKind.ARTIFACT, first.jti().toString()));
      }
    }
    if (allow.parent().isPresent()) {
      under(allow.jti(), allow.parent().get());
    }
    opened.ifPresent(claims -> executed(allow, claims));
  }

  /** The leaf says under which artifact this one was asked for, whoever opens it. */
  private void under(UuidV7 jti, UuidV7 parent) {
    Node.Execution execution = new Node.Execution(index, jti, Optional.empty());
    nodes.add(execution);
    edge(execution.id(), EdgeKind.AUTHORIZED_BY, new NodeId(NodeKind.ARTIFACT, jti.toString()));
    for (IndexedLeaf above : parentsOf(LeafKind.DECISION_ALLOW)) {
      if (above.leaf().body() instanceof LeafBody.DecisionAllow allow
          && allow.jti().equals(parent)) {
        nodes.add(new Node.Execution(above.index(), parent, Optional.empty()));
      }
    }
    edge(execution.id(), EdgeKind.CHILD_OF, Node.Execution.of(parent));
  }

  /** What the artifact says of the execution, which the leaf has a digest of. */
  private void executed(LeafBody.DecisionAllow allow, ArtifactClaims claims) {
    UuidV7 jti = allow.jti();
    Node.Execution execution =
        new Node.Execution(index, jti, Optional.of(claims.lineage().execution()));
    Node.Principal initiator =
        new Node.Principal(
            index, "initiator", Optional.empty(), Optional.of(claims.gov().initiator()));
    Node.Dependency dependency = new Node.Dependency(index, claims.act().argsDigest());
    nodes.addAll(List.of(execution, initiator, dependency));
    opened(execution.id(), EdgeKind.AUTHORIZED_BY, new NodeId(NodeKind.ARTIFACT, jti.toString()));
    opened(execution.id(), EdgeKind.RAN_IN, NodeId.of(NodeKind.EVIDENCE, index));
    opened(execution.id(), EdgeKind.STARTED_BY, initiator.id());
    opened(execution.id(), EdgeKind.USED, dependency.id());
    claims
        .lineage()
        .parent()
        .filter(parent -> allow.parent().isEmpty())
        .ifPresent(parent -> opened(execution.id(), EdgeKind.CHILD_OF, Node.Execution.of(parent)));
  }

  private void denied(LeafBody.DecisionDeny deny) {
    Node.Request request =
        new Node.Request(index, deny.requestDigest(), Optional.empty(), Optional.empty());
    Node.Decision decision =
        new Node.Decision(
            index,
            leaf.time(),
            Optional.of(deny.code()),
            Optional.of(deny.reason()),
            deny.policyDigest(),
            deny.epoch());
    Node.Enforcement enforcement =
        new Node.Enforcement(index, leaf.time(), "denied", deny.code().wire());
    nodes.addAll(List.of(request, decision, enforcement));
    edge(decision, EdgeKind.DECIDED_ON, request);
    edge(enforcement, EdgeKind.ENFORCES, decision);
    if (OF_EVIDENCE.contains(deny.code()) && deny.evidenceDigest().isPresent()) {
      verified(decision, Optional.of(deny.code()), deny.evidenceDigest().get(), Optional.empty());
    }
    rests(decision, request);
  }

  /** A decision of which no artifact comes, on a request that no host made. */
  private void evaluated(Evaluation evaluation) {
    Node.Request request =
        new Node.Request(index, Optional.empty(), Optional.empty(), Optional.empty());
    Node.Decision decision =
        new Node.Decision(
            index,
            leaf.time(),
            evaluation.denied().map(Evaluation.Denied::code),
            evaluation.denied().map(Evaluation.Denied::reason),
            evaluation.policyDigest(),
            evaluation.epoch());
    nodes.addAll(List.of(request, decision));
    edge(decision, EdgeKind.DECIDED_ON, request);
    if (evaluation.denied().isPresent()) {
      Node.Enforcement enforcement =
          new Node.Enforcement(
              index, leaf.time(), "denied", evaluation.denied().get().code().wire());
      nodes.add(enforcement);
      edge(enforcement, EdgeKind.ENFORCES, decision);
    }
    rests(decision, request);
  }

  private void verified(
      Node decision, Optional<DenialCode> code, Hash evidenceDigest, Optional<Hash> pcrDigest) {
    Node.Verification verification = Node.Verification.ofEvidence(index, code);
    Node.Evidence evidence = new Node.Evidence(index, evidenceDigest, pcrDigest);
    nodes.addAll(List.of(verification, evidence));
    edge(decision, EdgeKind.RESTS_ON, verification);
    edge(verification, EdgeKind.APPRAISED, evidence);
    enrolments()
        .forEach(
            host ->
                edge(
                    evidence.id(),
                    EdgeKind.CERTIFIED_BY,
                    attestationKey(((LeafBody.Enrolment) host.leaf().body()).akNameDigest())));
  }

  private void rests(Node decision, Node request) {
    policies().forEach(policy -> edge(decision.id(), EdgeKind.EVALUATED_UNDER, policy));
    for (IndexedLeaf approval : parentsOf(LeafKind.APPROVAL)) {
      boolean seenAlone =
          leaf.kind() == LeafKind.DECISION_DENY
              && approval.leaf().body() instanceof RequestApproved;
      edge(
          decision.id(),
          seenAlone ? EdgeKind.RESTS_ON : EdgeKind.APPROVED_BY,
          NodeId.of(NodeKind.APPROVAL, approval.index()));
    }
    enrolments()
        .forEach(
            host -> edge(request.id(), EdgeKind.SENT_FROM, NodeId.of(NodeKind.HOST, host.index())));
  }

  private void judged(Verification judged) {
    Node.Verification verification =
        new Node.Verification(index, judged.verifier(), judged.code(), judged.maxUses());
    nodes.add(verification);
    for (IndexedLeaf parent : parentsOf(LeafKind.DECISION_ALLOW)) {
      LeafBody.DecisionAllow allow = (LeafBody.DecisionAllow) parent.leaf().body();
      edge(
          verification.id(),
          EdgeKind.VERIFIED,
          new NodeId(NodeKind.ARTIFACT, allow.jti().toString()));
    }
    judged.askedBy().ifPresent(kid -> key(verification.id(), EdgeKind.ASKED_BY, kid));
    if (judged.code().isPresent()) {
      Node.Enforcement enforcement =
          new Node.Enforcement(index, leaf.time(), "denied", judged.code().get().wire());
      nodes.add(enforcement);
      edge(enforcement, EdgeKind.ENFORCES, verification);
    }
  }

  private void ended(LeafBody.Outcome outcome) {
    Node.Outcome node =
        new Node.Outcome(
            index,
            leaf.time(),
            outcome.jti(),
            outcome.state(),
            outcome.reporter(),
            outcome.statementDigest());
    Node.Execution execution = new Node.Execution(index, outcome.jti(), Optional.empty());
    nodes.addAll(List.of(node, execution, new GovernanceNode.Key(index, outcome.kid())));
    edge(node, EdgeKind.OUTCOME_OF, execution);
    edge(node.id(), EdgeKind.REPORTED_BY, GovernanceNode.Key.of(outcome.kid()));
    for (IndexedLeaf parent : parentsOf(LeafKind.DECISION_ALLOW)) {
      LeafBody.DecisionAllow allow = (LeafBody.DecisionAllow) parent.leaf().body();
      edge(
          execution.id(),
          EdgeKind.AUTHORIZED_BY,
          new NodeId(NodeKind.ARTIFACT, allow.jti().toString()));
      edge(execution.id(), EdgeKind.RAN_IN, NodeId.of(NodeKind.EVIDENCE, parent.index()));
    }
  }

  private void enrolled(LeafBody.Enrolment enrolment) {
    Node.Host host =
        new Node.Host(
            index, enrolment.host(), enrolment.admission(), openings.value(enrolment.host()));
    Node.AttestationKey ak = new Node.AttestationKey(index, enrolment.akNameDigest());
    Node.EndorsementKey ek = new Node.EndorsementKey(index, enrolment.ekDigest());
    nodes.addAll(List.of(host, ak, ek));
    edge(host, EdgeKind.ATTESTS_WITH, ak);
    edge(ak, EdgeKind.BOUND_TO, ek);
    policies().forEach(policy -> edge(host.id(), EdgeKind.EVALUATED_UNDER, policy));
    approvals().forEach(approval -> edge(host.id(), EdgeKind.APPROVED_BY, approval));
  }

  private void withdrawn(LeafBody.Revocation revocation) {
    Node.Enforcement enforcement =
        new Node.Enforcement(index, leaf.time(), "withdrawn", revocation.reason().wire());
    nodes.add(enforcement);
    for (IndexedLeaf parent : parentsOf(LeafKind.DECISION_ALLOW)) {
      LeafBody.DecisionAllow allow = (LeafBody.DecisionAllow) parent.leaf().body();
      edge(
          enforcement.id(),
          EdgeKind.WITHDRAWS,
          new NodeId(NodeKind.ARTIFACT, allow.jti().toString()));
    }
  }

  private void withdrawnAll(LeafBody.BootRevocation revocation) {
    Node.Enforcement enforcement =
        new Node.Enforcement(index, leaf.time(), "withdrawn_all", revocation.reason().wire());
    Node.AttestationKey ak = new Node.AttestationKey(index, revocation.akNameDigest());
    nodes.addAll(List.of(enforcement, ak));
    edge(enforcement, EdgeKind.WITHDRAWS, ak);
  }

  private void withdrawn(LeafBody.ScopeRevocation revocation) {
    Node.Enforcement enforcement =
        new Node.Enforcement(index, leaf.time(), "withdrawn_all", revocation.reason().wire());
    nodes.add(enforcement);
    RevokedScope scope = revocation.scope();
    if (scope instanceof RevokedScope.OfHost host) {
      Node.AttestationKey ak = new Node.AttestationKey(index, host.akNameDigest());
      nodes.add(ak);
      edge(enforcement, EdgeKind.WITHDRAWS, ak);
    } else if (scope instanceof RevokedScope.OfWorkload workload) {
      Node.Principal subject =
          new Node.Principal(
              index,
              "subject",
              Optional.of(workload.subject()),
              openings.value(workload.subject()));
      nodes.add(subject);
      edge(enforcement, EdgeKind.WITHDRAWS, subject);
    } else if (scope instanceof RevokedScope.OfKey issuer) {
      key(enforcement.id(), EdgeKind.WITHDRAWS, issuer.kid());
    } else if (scope instanceof RevokedScope.OfEpoch) {
      policies().forEach(policy -> edge(enforcement.id(), EdgeKind.WITHDRAWS, policy));
      return;
    }
    policies().forEach(policy -> edge(enforcement.id(), EdgeKind.EVALUATED_UNDER, policy));
  }

  private void invited(LeafBody.Approval approval) {
    GovernanceNode.Approval node =
        new GovernanceNode.Approval(index, leaf.time(), approval.of().wire(), "invited");
    Node.Principal invited =
        new Node.Principal(
            index,
            "invited_host",
            Optional.of(approval.subject()),
            openings.value(approval.subject()));
    nodes.addAll(List.of(node, invited));
    edge(node, EdgeKind.NAMES, invited);
    policies().forEach(policy -> edge(node.id(), EdgeKind.EVALUATED_UNDER, policy));
  }

  private void approved(RequestApproval.Terms terms) {
    GovernanceNode.RequestApproval node =
        new GovernanceNode.RequestApproval(
            index, leaf.time(), terms.requestDigest(), terms.policyDigest(), terms.expires());
    nodes.add(node);
    key(node.id(), EdgeKind.SIGNED_BY, terms.kid());
    policies().forEach(policy -> edge(node.id(), EdgeKind.EVALUATED_UNDER, policy));
    for (IndexedLeaf denial : parentsOf(LeafKind.DECISION_DENY)) {
      edge(node.id(), EdgeKind.ANSWERS, NodeId.of(NodeKind.DECISION, denial.index()));
    }
  }

  private void stepped(OperationStep step) {
    Hash digest = Operations.named(step).orElseThrow();
    GovernanceNode.Operation operation = new GovernanceNode.Operation(index, digest);
    GovernanceNode.Approval node =
        new GovernanceNode.Approval(index, leaf.time(), step.of().wire(), word(step));
    nodes.addAll(List.of(operation, node));
    edge(node, EdgeKind.STEP_OF, operation);
    policies().forEach(policy -> edge(node.id(), EdgeKind.EVALUATED_UNDER, policy));
    if (step instanceof OperationStep.Proposed proposed) {
      proposed.by().ifPresent(by -> key(operation.id(), EdgeKind.SIGNED_BY, by.kid()));
    } else if (step instanceof OperationStep.Approved approved) {
      key(node.id(), EdgeKind.SIGNED_BY, approved.approval().approver());
      key(operation.id(), EdgeKind.APPROVED_BY, approved.approval().approver());
    } else if (step instanceof OperationStep.Ended ended) {
      ended.by().ifPresent(by -> key(node.id(), EdgeKind.SIGNED_BY, by.kid()));
      ended.trust().ifPresent(trust -> trusts(node.id(), trust));
    }
  }

  private void governed(GovernanceStep step) {
    GovernanceNode.Approval node =
        new GovernanceNode.Approval(index, leaf.time(), step.of(), step.event());
    nodes.add(node);
    policies().forEach(policy -> edge(node.id(), EdgeKind.EVALUATED_UNDER, policy));
    key(node.id(), EdgeKind.SIGNED_BY, step.order().signer());
    if (step instanceof GovernanceStep.Begun begun) {
      begun
          .grant()
          .signatures()
          .forEach(signature -> key(node.id(), EdgeKind.APPROVED_BY, signature.kid()));
    } else if (step instanceof GovernanceStep.Ordered ordered && ordered.revokes()) {
      approvals().forEach(breakglass -> edge(node.id(), EdgeKind.WITHDRAWS, breakglass));
    }
  }

  private static String word(OperationStep step) {
    if (step instanceof OperationStep.Proposed) {
      return "proposed";
    }
    return step instanceof OperationStep.Ended ended ? ended.end().wire() : "approved";
  }

  private void inForce(LeafBody.PolicyInForce policy) {
    GovernanceNode.Policy node = new GovernanceNode.Policy(index, leaf.time(), policy.policy());
    nodes.add(node);
    policies().forEach(before -> edge(node.id(), EdgeKind.FOLLOWS, before));
    publishedUnder(node);
  }

  private void keyBegan(LeafBody.KeyStatement key) {
    statement(
        new GovernanceNode.KeyStatement(
            index, leaf.time(), key.kid(), key.role(), key.state(), key.vkey()));
  }

  private void keyChanged(KeyChange change) {
    GovernanceNode.KeyStatement node =
        new GovernanceNode.KeyStatement(
            index, leaf.time(), change.kid(), change.role(), change.state(), Optional.empty());
    statement(node);
    GovernanceNode.Operation operation = new GovernanceNode.Operation(index, change.operation());
    nodes.add(operation);
    edge(node, EdgeKind.APPROVED_BY, operation);
    change.other().ifPresent(other -> key(node.id(), EdgeKind.BESIDE, other));
    change.trust().ifPresent(trust -> trusts(node.id(), trust));
  }

  private void statement(GovernanceNode.KeyStatement node) {
    nodes.add(node);
    key(node.id(), EdgeKind.STATES, node.kid());
    publishedUnder(node);
  }

  private void started(ServiceStart start) {
    StartBinding binding = start.binding();
    GovernanceNode.Start node = new GovernanceNode.Start(index, leaf.time());
    Node.Evidence evidence =
        new Node.Evidence(index, start.evidenceDigest(), Optional.of(start.host().pcrDigest()));
    Node.AttestationKey ak =
        new Node.AttestationKey(index, Hash.sha256(start.host().akName().bytes()));
    GovernanceNode.Tree tree =
        new GovernanceNode.Tree(index, binding.origin(), binding.treeSize(), binding.root());
    nodes.addAll(List.of(node, evidence, ak, tree));
    edge(node, EdgeKind.RAN_IN, evidence);
    edge(evidence, EdgeKind.CERTIFIED_BY, ak);
    edge(node, EdgeKind.STATES_TREE, tree);
    trusts(node.id(), binding.trust());
    binding.keys().forEach(opened -> key(node.id(), EdgeKind.OPENED, opened.kid()));
    for (IndexedLeaf parent : parentsOf(LeafKind.KEY)) {
      if (parent.leaf().body() instanceof ServiceStart) {
        edge(node.id(), EdgeKind.FOLLOWS, NodeId.of(NodeKind.START, parent.index()));
      }
    }
    publishedUnder(node);
  }

  private void summed(LeafBody.Summary summary) {
    long refusals = summary.counts().stream().mapToLong(RefusalCount::count).sum();
    nodes.add(new GovernanceNode.Summary(index, summary.from(), summary.to(), refusals));
  }

  private void drilled(DrillSummary drill) {
    GovernanceNode.Drill node = new GovernanceNode.Drill(index, drill);
    nodes.add(node);
    key(node.id(), EdgeKind.SIGNED_BY, drill.kid());
  }

  private void publishedUnder(Node node) {
    for (IndexedLeaf parent : parentsOf(LeafKind.KEY)) {
      if (!(parent.leaf().body() instanceof ServiceStart)) {
        edge(
            node.id(), EdgeKind.PUBLISHED_UNDER, NodeId.of(NodeKind.KEY_STATEMENT, parent.index()));
      }
    }
  }

  private void trusts(NodeId from, TrustReference trust) {
    GovernanceNode.TrustedKeys file =
        new GovernanceNode.TrustedKeys(index, trust.version(), trust.digest());
    nodes.add(file);
    edge(from, EdgeKind.TRUSTS, file.id());
  }

  private void key(NodeId from, EdgeKind kind, Hash kid) {
    nodes.add(new GovernanceNode.Key(index, kid));
    edge(from, kind, GovernanceNode.Key.of(kid));
  }

  private List<NodeId> policies() {
    return parentsOf(LeafKind.POLICY).stream()
        .map(parent -> NodeId.of(NodeKind.POLICY, parent.index()))
        .toList();
  }

  private List<NodeId> approvals() {
    return parentsOf(LeafKind.APPROVAL).stream()
        .map(parent -> NodeId.of(NodeKind.APPROVAL, parent.index()))
        .toList();
  }

  private List<IndexedLeaf> enrolments() {
    return parentsOf(LeafKind.ENROLMENT);
  }

  private List<IndexedLeaf> parentsOf(LeafKind kind) {
    return parents.stream().filter(parent -> parent.leaf().kind() == kind).toList();
  }

  private static NodeId attestationKey(Hash nameDigest) {
    return new NodeId(NodeKind.ATTESTATION_KEY, nameDigest.hex());
  }

  private void edge(Node from, EdgeKind kind, Node to) {
    edge(from.id(), kind, to.id());
  }

  private void edge(NodeId from, EdgeKind kind, NodeId to) {
    edges.add(new Edge(from, kind, to, index, false));
  }

  private void opened(NodeId from, EdgeKind kind, NodeId to) {
    edges.add(new Edge(from, kind, to, index, true));
  }
}
