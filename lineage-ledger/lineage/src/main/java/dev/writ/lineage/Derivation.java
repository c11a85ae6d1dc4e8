// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.DrillSummary;
import dev.writ.artifact.Evaluation;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.HostChange;
import dev.writ.artifact.KeyChange;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.ServiceStart;
import dev.writ.artifact.Verification;
import java.util.List;

/** Nodes and edges of one leaf, out of its bytes, its parents' and what was opened: nothing else. */
final class Derivation {
  private Derivation() {}

  /**
   * What {@code leaf} adds.
   *
   * @param parents those of its parents that are earlier leaves and could be read
   */
  static Fragment of(IndexedLeaf leaf, List<IndexedLeaf> parents, Openings openings) {
    FragmentBuilder fragment = new FragmentBuilder(leaf, parents, openings);
    derive(fragment);
    return fragment.build();
  }

  private static void derive(FragmentBuilder fragment) {
    DecisionDerivation decisions = new DecisionDerivation(fragment);
    WithdrawalDerivation withdrawals = new WithdrawalDerivation(fragment);
    GovernanceDerivation governance = new GovernanceDerivation(fragment);
    LeafBody body = fragment.leaf().body();
    if (body instanceof LeafBody.DecisionAllow allow) {
      decisions.allowed(allow);
    } else if (body instanceof LeafBody.DecisionDeny deny) {
      decisions.denied(deny);
    } else if (body instanceof Verification verification) {
      decisions.judged(verification);
    } else if (body instanceof Evaluation evaluation) {
      decisions.evaluated(evaluation);
    } else if (body instanceof LeafBody.Outcome outcome) {
      decisions.ended(outcome);
    } else if (body instanceof LeafBody.Enrolment enrolment) {
      governance.enrolled(enrolment);
    } else if (body instanceof HostChange change) {
      governance.stands(change);
    } else if (body instanceof LeafBody.Revocation revocation) {
      withdrawals.withdrawn(revocation);
    } else if (body instanceof LeafBody.BootRevocation revocation) {
      withdrawals.withdrawnAll(revocation);
    } else if (body instanceof LeafBody.ScopeRevocation revocation) {
      withdrawals.withdrawn(revocation);
    } else if (body instanceof LeafBody.Approval approval) {
      governance.invited(approval);
    } else if (body instanceof RequestApproved approved) {
      governance.approved(approved.approval().terms());
    } else if (body instanceof OperationStep step) {
      governance.stepped(step);
    } else if (body instanceof GovernanceStep step) {
      governance.governed(step);
    } else if (body instanceof LeafBody.PolicyInForce policy) {
      governance.inForce(policy);
    } else if (body instanceof LeafBody.KeyStatement key) {
      governance.keyBegan(key);
    } else if (body instanceof KeyChange change) {
      governance.keyChanged(change);
    } else if (body instanceof ServiceStart start) {
      governance.started(start);
    } else if (body instanceof LeafBody.Summary summary) {
      governance.summed(summary);
    } else if (body instanceof DrillSummary drill) {
      governance.drilled(drill);
    } else {
      throw new IllegalStateException("bug: no node is known for a leaf of " + body.getClass());
    }
  }
}
