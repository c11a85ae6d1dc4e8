// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.Optional;

/** The policy and mode under which a leaf says that something was decided, out of leaves before it. */
final class ReplayedPolicy {
  private final RecordedGrounds grounds;
  private final ReplaySteps steps;
  private final long index;
  private final Leaf leaf;

  ReplayedPolicy(RecordedGrounds grounds, ReplaySteps steps, long index, Leaf leaf) {
    this.grounds = grounds;
    this.steps = steps;
    this.index = index;
    this.leaf = leaf;
  }

  /**
   * That which is of this epoch and digest.
   *
   * @param decided when
   * @param names whether the leaf must name the break-glass in force then
   */
  PolicyInForce of(long epoch, Hash digest, Instant decided, boolean names)
      throws LedgerException, ContradictionException {
    steps.begin(ReplayStep.POLICY);
    RecordedModes.ModeThen then = grounds.modes().before(index);
    PolicyInForce policy = grounds.policy(epoch, digest).under(then.mode());
    requireParent(policy.leaf(), "the policy's");
    Optional<Hash> breakglass = policy.mode().parent(decided);
    if (names && breakglass.isPresent()) {
      requireParent(breakglass.get(), "the break-glass in force's");
    }
    if (then.notBegun().filter(none -> leaf.parents().contains(none.leaf())).isPresent()) {
      throw then.notBegun().get().contradiction();
    }
    if (breakglass.isPresent() && !grounds.modes().isJudged(policy.mode())) {
      steps.say(
          new StepOutcome.NotKept(
              "the trust file of then, by which who signed the break-glass is told; name the one with"
                  + " which the ledger began"));
    } else {
      steps.same();
    }
    return policy;
  }

  void requireParent(Hash hash, String whose) throws ContradictionException {
    if (!leaf.parents().contains(hash)) {
      throw new ContradictionException(
          "parents of leaf " + index, whose + " leaf " + hash, "others");
    }
  }
}
