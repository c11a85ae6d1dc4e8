// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.Narrowing;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.RecordedLog;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How many uses were drawn of a parent and of whatever else its execution went on under, summed again of what
 * was asked for under those and not of a row that says it.
 */
final class RecordedDraws {
  /** Of how many children at most: each is a payload to read. */
  private static final int MOST = 256;

  private final RecordedLog log;
  private final RecordedGrounds grounds;

  RecordedDraws(RecordedLog log, RecordedGrounds grounds) {
    this.log = log;
    this.grounds = grounds;
  }

  /** Says whether what an allow at a leaf drew was left of what its parent may delegate. */
  void compare(ReplaySteps steps, ParentGrant parent, long index)
      throws LedgerException, ContradictionException {
    if (parent.mostUses() == Long.MAX_VALUE) {
      steps.same();
      return;
    }
    OptionalLong before = before(parent, index);
    if (before.isEmpty()) {
      steps.same("what others drew of it is not kept, or of more than " + MOST);
    } else if (before.getAsLong() + parent.uses() > parent.mostUses()) {
      steps.mismatch(
          "delegable.max_uses",
          "at most " + parent.mostUses() + " drawn",
          before.getAsLong() + " before, and " + parent.uses());
    } else {
      steps.same();
    }
  }

  /**
   * The sum before a leaf; nothing where there are too many children, or what one asked for is erased.
   *
   * @throws ContradictionException if a child is none, or asked for more than its parent lets it
   */
  private OptionalLong before(ParentGrant parent, long index)
      throws LedgerException, ContradictionException {
    List<Long> children = log.childrenBefore(parent.begun(), index, MOST + 1);
    if (children.size() > MOST) {
      return OptionalLong.empty();
    }
    long sum = 0;
    for (long at : children) {
      OptionalLong drawn = drawn(parent, at);
      if (drawn.isEmpty()) {
        return drawn;
      }
      sum += drawn.getAsLong();
    }
    return OptionalLong.of(sum);
  }

  private OptionalLong drawn(ParentGrant parent, long at)
      throws LedgerException, ContradictionException {
    String child = "child of leaf " + at;
    Leaf leaf = grounds.provenLeaf(at);
    if (!(leaf.body() instanceof LeafBody.DecisionAllow allow)
        || allow.parent().isEmpty()
        || !grounds
            .allowed(child, allow.parent().get(), at)
            .body()
            .begun()
            .equals(parent.begun())) {
      throw new ContradictionException(
          child, "an allow under the execution of " + parent.begun(), "another leaf");
    }
    Optional<byte[]> payload = log.payload(at);
    if (payload.isEmpty()) {
      return OptionalLong.empty();
    }
    RecordedGrounds.requireNamed("payload of leaf " + at, leaf, payload.get());
    ExecutionRequest request = KeptMembers.of(payload.get()).request();
    if (!request.digest().equals(allow.requestDigest())) {
      throw new ContradictionException(
          child, "of request " + allow.requestDigest(), "of " + request.digest());
    }
    ArtifactClaims above = parent.claims();
    if (!(Narrowing.judge(above, request.under(Optional.of(above.jti())))
        instanceof Narrowing.Outcome.Within within)) {
      throw new ContradictionException(child, "within its parent", "wider");
    }
    boolean goesOn = allow.renews().isPresent() && request.isOfExecutions();
    return OptionalLong.of(goesOn ? 0 : within.uses());
  }
}
