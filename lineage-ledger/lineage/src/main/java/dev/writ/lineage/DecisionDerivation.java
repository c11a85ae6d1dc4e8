// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Evaluation;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verification;
import dev.writ.tlog.Hash;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What is told of decisions, of answers, of what judged their artifacts, and of what came of them. */
final class DecisionDerivation {
  /** Of these denials the code says that it was the Evidence that did not hold. */
  private static final Set<DenialCode> OF_EVIDENCE =
      Set.of(DenialCode.RUNTIME_INTEGRITY, DenialCode.ENVIRONMENT_UNTRUSTED);

  private final FragmentBuilder fragment;

  DecisionDerivation(FragmentBuilder fragment) {
    this.fragment = fragment;
  }

  void allowed(LeafBody.DecisionAllow allow) {
    Optional<ArtifactClaims> opened = fragment.openings().artifact(allow.artifactDigest());
    Node.Request request =
        new Node.Request(
            fragment.index(),
            Optional.of(allow.requestDigest()),
            Optional.of(allow.args()),
            opened.map(claims -> claims.act().action() + " " + claims.act().resource()));
    Node.Principal subject =
        new Node.Principal(
            fragment.index(),
            "subject",
            Optional.of(allow.subject()),
            fragment.openings().value(allow.subject()).or(() -> opened.map(ArtifactClaims::sub)));
    Node.Decision decision =
        new Node.Decision(
            fragment.index(),
            fragment.leaf().time(),
            Optional.empty(),
            Optional.empty(),
            allow.policyDigest(),
            allow.epoch());
    Node.AuthorizationArtifact artifact =
        new Node.AuthorizationArtifact(
            fragment.index(), allow.jti(), allow.artifactDigest(), opened.map(ArtifactClaims::exp));
    fragment.addAll(List.of(request, subject, decision, artifact));
    fragment.edge(request, EdgeKind.STARTED_BY, subject);
    fragment.edge(decision, EdgeKind.DECIDED_ON, request);
    fragment.edge(artifact, EdgeKind.ISSUED_FROM, decision);
    verified(
        decision,
        Optional.empty(),
        allow.evidenceDigest(),
        opened.map(claims -> claims.env().digest()));
    rests(decision, request);
    for (IndexedLeaf above : fragment.parentsOf(LeafKind.DECISION_ALLOW)) {
      if (above.leaf().body() instanceof LeafBody.DecisionAllow first
          && allow.renews().equals(Optional.of(first.jti()))) {
        fragment.edge(
            artifact.id(), EdgeKind.RENEWS, new NodeId(NodeKind.ARTIFACT, first.jti().toString()));
      }
    }
    if (allow.parent().isPresent()) {
      under(allow.jti(), allow.parent().get());
    }
    opened.ifPresent(claims -> executed(allow, claims));
  }

  /** The leaf says under which artifact this one was asked for, whoever opens it. */
  private void under(UuidV7 jti, UuidV7 parent) {
    Node.Execution execution = new Node.Execution(fragment.index(), jti, Optional.empty());
    fragment.add(execution);
    fragment.edge(
        execution.id(), EdgeKind.AUTHORIZED_BY, new NodeId(NodeKind.ARTIFACT, jti.toString()));
    for (IndexedLeaf above : fragment.parentsOf(LeafKind.DECISION_ALLOW)) {
      if (above.leaf().body() instanceof LeafBody.DecisionAllow allow
          && allow.jti().equals(parent)) {
        fragment.add(new Node.Execution(above.index(), parent, Optional.empty()));
      }
    }
    fragment.edge(execution.id(), EdgeKind.CHILD_OF, Node.Execution.of(parent));
  }

  /** What the artifact says of the execution, which the leaf has a digest of. */
  private void executed(LeafBody.DecisionAllow allow, ArtifactClaims claims) {
    UuidV7 jti = allow.jti();
    Node.Execution execution =
        new Node.Execution(fragment.index(), jti, Optional.of(claims.lineage().execution()));
    Node.Principal initiator =
        new Node.Principal(
            fragment.index(), "initiator", Optional.empty(), Optional.of(claims.gov().initiator()));
    Node.Dependency dependency = new Node.Dependency(fragment.index(), claims.act().argsDigest());
    fragment.addAll(List.of(execution, initiator, dependency));
    fragment.opened(
        execution.id(), EdgeKind.AUTHORIZED_BY, new NodeId(NodeKind.ARTIFACT, jti.toString()));
    fragment.opened(
        execution.id(), EdgeKind.RAN_IN, NodeId.of(NodeKind.EVIDENCE, fragment.index()));
    fragment.opened(execution.id(), EdgeKind.STARTED_BY, initiator.id());
    fragment.opened(execution.id(), EdgeKind.USED, dependency.id());
    claims
        .lineage()
        .parent()
        .filter(parent -> allow.parent().isEmpty())
        .ifPresent(
            parent ->
                fragment.opened(execution.id(), EdgeKind.CHILD_OF, Node.Execution.of(parent)));
  }

  void denied(LeafBody.DecisionDeny deny) {
    Node.Request request =
        new Node.Request(
            fragment.index(), deny.requestDigest(), Optional.empty(), Optional.empty());
    Node.Decision decision =
        new Node.Decision(
            fragment.index(),
            fragment.leaf().time(),
            Optional.of(deny.code()),
            Optional.of(deny.reason()),
            deny.policyDigest(),
            deny.epoch());
    Node.Enforcement enforcement =
        new Node.Enforcement(
            fragment.index(), fragment.leaf().time(), "denied", deny.code().wire());
    fragment.addAll(List.of(request, decision, enforcement));
    fragment.edge(decision, EdgeKind.DECIDED_ON, request);
    fragment.edge(enforcement, EdgeKind.ENFORCES, decision);
    if (OF_EVIDENCE.contains(deny.code()) && deny.evidenceDigest().isPresent()) {
      verified(decision, Optional.of(deny.code()), deny.evidenceDigest().get(), Optional.empty());
    }
    rests(decision, request);
  }

  /** A decision of which no artifact comes, on a request that no host made. */
  void evaluated(Evaluation evaluation) {
    Node.Request request =
        new Node.Request(fragment.index(), Optional.empty(), Optional.empty(), Optional.empty());
    Node.Decision decision =
        new Node.Decision(
            fragment.index(),
            fragment.leaf().time(),
            evaluation.denied().map(Evaluation.Denied::code),
            evaluation.denied().map(Evaluation.Denied::reason),
            evaluation.policyDigest(),
            evaluation.epoch());
    fragment.addAll(List.of(request, decision));
    fragment.edge(decision, EdgeKind.DECIDED_ON, request);
    if (evaluation.denied().isPresent()) {
      Node.Enforcement enforcement =
          new Node.Enforcement(
              fragment.index(),
              fragment.leaf().time(),
              "denied",
              evaluation.denied().get().code().wire());
      fragment.add(enforcement);
      fragment.edge(enforcement, EdgeKind.ENFORCES, decision);
    }
    rests(decision, request);
  }

  private void verified(
      Node decision, Optional<DenialCode> code, Hash evidenceDigest, Optional<Hash> pcrDigest) {
    Node.Verification verification = Node.Verification.ofEvidence(fragment.index(), code);
    Node.Evidence evidence = new Node.Evidence(fragment.index(), evidenceDigest, pcrDigest);
    fragment.addAll(List.of(verification, evidence));
    fragment.edge(decision, EdgeKind.RESTS_ON, verification);
    fragment.edge(verification, EdgeKind.APPRAISED, evidence);
    fragment
        .enrolments()
        .forEach(
            host ->
                fragment.edge(
                    evidence.id(),
                    EdgeKind.CERTIFIED_BY,
                    attestationKey(((LeafBody.Enrolment) host.leaf().body()).akNameDigest())));
  }

  private void rests(Node decision, Node request) {
    fragment
        .policies()
        .forEach(policy -> fragment.edge(decision.id(), EdgeKind.EVALUATED_UNDER, policy));
    for (IndexedLeaf approval : fragment.parentsOf(LeafKind.APPROVAL)) {
      boolean seenAlone =
          fragment.leaf().kind() == LeafKind.DECISION_DENY
              && approval.leaf().body() instanceof RequestApproved;
      fragment.edge(
          decision.id(),
          seenAlone ? EdgeKind.RESTS_ON : EdgeKind.APPROVED_BY,
          NodeId.of(NodeKind.APPROVAL, approval.index()));
    }
    fragment
        .enrolments()
        .forEach(
            host ->
                fragment.edge(
                    request.id(), EdgeKind.SENT_FROM, NodeId.of(NodeKind.HOST, host.index())));
  }

  void judged(Verification judged) {
    Node.Verification verification =
        new Node.Verification(fragment.index(), judged.verifier(), judged.code(), judged.maxUses());
    fragment.add(verification);
    for (IndexedLeaf parent : fragment.parentsOf(LeafKind.DECISION_ALLOW)) {
      LeafBody.DecisionAllow allow = (LeafBody.DecisionAllow) parent.leaf().body();
      fragment.edge(
          verification.id(),
          EdgeKind.VERIFIED,
          new NodeId(NodeKind.ARTIFACT, allow.jti().toString()));
    }
    judged.askedBy().ifPresent(kid -> fragment.key(verification.id(), EdgeKind.ASKED_BY, kid));
    if (judged.code().isPresent()) {
      Node.Enforcement enforcement =
          new Node.Enforcement(
              fragment.index(), fragment.leaf().time(), "denied", judged.code().get().wire());
      fragment.add(enforcement);
      fragment.edge(enforcement, EdgeKind.ENFORCES, verification);
    }
  }

  void ended(LeafBody.Outcome outcome) {
    Node.Outcome node =
        new Node.Outcome(
            fragment.index(),
            fragment.leaf().time(),
            outcome.jti(),
            outcome.state(),
            outcome.reporter(),
            outcome.statementDigest());
    Node.Execution execution =
        new Node.Execution(fragment.index(), outcome.jti(), Optional.empty());
    fragment.addAll(
        List.of(node, execution, new GovernanceNode.Key(fragment.index(), outcome.kid())));
    fragment.edge(node, EdgeKind.OUTCOME_OF, execution);
    fragment.edge(node.id(), EdgeKind.REPORTED_BY, GovernanceNode.Key.of(outcome.kid()));
    for (IndexedLeaf parent : fragment.parentsOf(LeafKind.DECISION_ALLOW)) {
      LeafBody.DecisionAllow allow = (LeafBody.DecisionAllow) parent.leaf().body();
      fragment.edge(
          execution.id(),
          EdgeKind.AUTHORIZED_BY,
          new NodeId(NodeKind.ARTIFACT, allow.jti().toString()));
      fragment.edge(execution.id(), EdgeKind.RAN_IN, NodeId.of(NodeKind.EVIDENCE, parent.index()));
    }
  }

  private static NodeId attestationKey(Hash nameDigest) {
    return new NodeId(NodeKind.ATTESTATION_KEY, nameDigest.hex());
  }
}
