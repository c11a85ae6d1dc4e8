// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.OperationStep;
import dev.writ.tlog.Hash;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The steps of operations, as leaves tell them. */
final class OperationRules {
  private static final class Open {
    private final Optional<Hash> proposer;
    private final Set<Hash> approvers = new HashSet<>();
    private boolean ended;

    Open(Optional<Hash> proposer) {
      this.proposer = proposer;
    }
  }

  private final Map<Hash, Open> operations = new HashMap<>();

  /** What is wrong with a step, if something is. */
  Optional<String> take(OperationStep step) {
    if (step instanceof OperationStep.Proposed proposed) {
      Hash digest = proposed.operation().digest();
      return operations.putIfAbsent(digest, new Open(proposed.operation().proposer())) == null
          ? Optional.empty()
          : Optional.of("an operation must be proposed once, " + digest + " was before");
    }
    if (step instanceof OperationStep.Approved approved) {
      Hash by = approved.approval().approver();
      Hash digest = approved.approval().operation();
      @Nullable Open open = operations.get(digest);
      if (open == null || open.ended) {
        return unknown(digest, open);
      }
      return open.proposer.equals(Optional.of(by)) || !open.approvers.add(by)
          ? Optional.of(
              "an operation must be approved once by each, and not by its proposer, was by " + by)
          : Optional.empty();
    }
    OperationStep.Ended ended = (OperationStep.Ended) step;
    @Nullable Open open = operations.get(ended.operation());
    if (open == null || open.ended) {
      return unknown(ended.operation(), open);
    }
    open.ended = true;
    return Optional.empty();
  }

  /** What is wrong with a key that changes because of an operation: a rotation has several such leaves. */
  Optional<String> use(Hash digest) {
    @Nullable Open open = operations.get(digest);
    if (open == null) {
      return unknown(digest, null);
    }
    open.ended = true;
    return Optional.empty();
  }

  private static Optional<String> unknown(Hash digest, @Nullable Open open) {
    return Optional.of(
        "operation "
            + digest
            + " must be proposed before it and open, "
            + (open == null ? "was never proposed" : "has ended"));
  }
}
