// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.LedgerException;
import java.util.Optional;

/** What a decision says that it comes from, judged again: the artifact it was asked for under, and one it renews. */
final class ReplayedOrigins {
  private final RecordedGrounds grounds;
  private final ReplaySteps steps;
  private final ReplayedPolicy policies;
  private final long index;
  private final Leaf leaf;

  ReplayedOrigins(
      RecordedGrounds grounds, ReplaySteps steps, ReplayedPolicy policies, long index, Leaf leaf) {
    this.grounds = grounds;
    this.steps = steps;
    this.policies = policies;
    this.index = index;
    this.leaf = leaf;
  }

  /** Judges the parent again, by its own leaf; says what is wrong where it comes to another judgement. */
  Optional<ParentGrant> parent(RecordedDecision recorded, PolicyInForce policy)
      throws LedgerException, ContradictionException {
    Application application = recorded.application();
    Optional<UuidV7> named = application.request().parent();
    if (leaf.body() instanceof LeafBody.DecisionAllow allow && !allow.parent().equals(named)) {
      steps.begin(ReplayStep.PARENT);
      steps.mismatch("parent", allow.parent().toString(), named.toString());
      return Optional.empty();
    }
    if (named.isEmpty()) {
      return Optional.empty();
    }
    steps.begin(ReplayStep.PARENT);
    boolean goesOn =
        leaf.body() instanceof LeafBody.DecisionAllow allow
            && allow.renews().isPresent()
            && application.request().isOfExecutions();
    Parents.Outcome outcome =
        grounds.parent(application, policy, index, recorded.decided(), goesOn);
    if (outcome instanceof Parents.Outcome.Under under) {
      if (recorded.allowed()) {
        policies.requireParent(under.parent().leaf(), "the parent artifact's");
        grounds.draws().compare(steps, under.parent(), index);
      } else {
        steps.same();
      }
      return Optional.of(under.parent());
    }
    steps.mismatch(
        "parent",
        "one under which it may be asked",
        ((Parents.Outcome.Denied) outcome).denial().reason());
    return Optional.empty();
  }

  /** What an allow goes on with was allowed before it, of the same request, whose parent may have gone on. */
  void renewed(ExecutionRequest request) throws LedgerException, ContradictionException {
    if (!(leaf.body() instanceof LeafBody.DecisionAllow allow) || allow.renews().isEmpty()) {
      return;
    }
    steps.begin(ReplayStep.PARENT);
    RecordedGrounds.Allowed first = grounds.allowed("renews", allow.renews().get(), index);
    policies.requireParent(first.leaf().hash(), "the renewed artifact's");
    if (!first.body().isOf(request)
        || !begun(request.parent()).equals(begun(first.body().parent()))) {
      throw new ContradictionException("renews", "of the same request", "of another");
    }
    steps.same();
  }

  /** With what the execution of an artifact began. */
  private Optional<UuidV7> begun(Optional<UuidV7> jti)
      throws LedgerException, ContradictionException {
    return jti.isPresent()
        ? Optional.of(grounds.allowed("parent", jti.get(), index).body().begun())
        : Optional.empty();
  }
}
