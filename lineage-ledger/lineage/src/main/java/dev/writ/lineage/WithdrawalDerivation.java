// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.RevokedScope;
import java.util.List;
import java.util.Optional;

/** What is told of leaves that end artifacts before their time. */
final class WithdrawalDerivation {
  private final FragmentBuilder fragment;

  WithdrawalDerivation(FragmentBuilder fragment) {
    this.fragment = fragment;
  }

  void withdrawn(LeafBody.Revocation revocation) {
    Node.Enforcement enforcement =
        new Node.Enforcement(
            fragment.index(), fragment.leaf().time(), "withdrawn", revocation.reason().wire());
    fragment.add(enforcement);
    for (IndexedLeaf parent : fragment.parentsOf(LeafKind.DECISION_ALLOW)) {
      LeafBody.DecisionAllow allow = (LeafBody.DecisionAllow) parent.leaf().body();
      fragment.edge(
          enforcement.id(),
          EdgeKind.WITHDRAWS,
          new NodeId(NodeKind.ARTIFACT, allow.jti().toString()));
    }
  }

  void withdrawnAll(LeafBody.BootRevocation revocation) {
    Node.Enforcement enforcement =
        new Node.Enforcement(
            fragment.index(), fragment.leaf().time(), "withdrawn_all", revocation.reason().wire());
    Node.AttestationKey ak = new Node.AttestationKey(fragment.index(), revocation.akNameDigest());
    fragment.addAll(List.of(enforcement, ak));
    fragment.edge(enforcement, EdgeKind.WITHDRAWS, ak);
  }

  void withdrawn(LeafBody.ScopeRevocation revocation) {
    Node.Enforcement enforcement =
        new Node.Enforcement(
            fragment.index(), fragment.leaf().time(), "withdrawn_all", revocation.reason().wire());
    fragment.add(enforcement);
    RevokedScope scope = revocation.scope();
    if (scope instanceof RevokedScope.OfHost host) {
      Node.AttestationKey ak = new Node.AttestationKey(fragment.index(), host.akNameDigest());
      fragment.add(ak);
      fragment.edge(enforcement, EdgeKind.WITHDRAWS, ak);
    } else if (scope instanceof RevokedScope.OfWorkload workload) {
      Node.Principal subject =
          new Node.Principal(
              fragment.index(),
              "subject",
              Optional.of(workload.subject()),
              fragment.openings().value(workload.subject()));
      fragment.add(subject);
      fragment.edge(enforcement, EdgeKind.WITHDRAWS, subject);
    } else if (scope instanceof RevokedScope.OfKey issuer) {
      fragment.key(enforcement.id(), EdgeKind.WITHDRAWS, issuer.kid());
    } else if (scope instanceof RevokedScope.OfEpoch) {
      fragment
          .policies()
          .forEach(policy -> fragment.edge(enforcement.id(), EdgeKind.WITHDRAWS, policy));
      return;
    }
    fragment
        .policies()
        .forEach(policy -> fragment.edge(enforcement.id(), EdgeKind.EVALUATED_UNDER, policy));
  }
}
