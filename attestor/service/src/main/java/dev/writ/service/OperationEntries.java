// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustReference;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.GovernanceChange;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.OperationEnd;
import dev.writ.ledger.StateChange;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Puts what was decided together into the ledger, each step an entry: its leaf, and all that it changes. Here
 * is what no key changes by; what one does is {@link KeyTransitions}'.
 */
final class OperationEntries {
  private final Ledger ledger;
  private final InstantSource clock;
  private final SecureRandom random;

  OperationEntries(Ledger ledger, InstantSource clock, SecureRandom random) {
    this.ledger = ledger;
    this.clock = clock;
    this.random = random;
  }

  void publish(Operation operation, TrustFile next) throws LedgerException {
    ended(
        operation,
        OperationStep.End.EXECUTED,
        Optional.of(TrustReference.of(next)),
        new StateChange.PublishTrust(next.content().version(), next.toJson()),
        new StateChange.PutTrustInForce(next.content().version()));
  }

  /** Of another newest leaf than the one that operators were shown nothing was said. */
  void acceptClock(Operation operation, Operation.AcceptClock clock) throws LedgerException {
    if (!ledger.newestLeafTime().equals(Optional.of(clock.newest()))) {
      end(operation, OperationStep.End.FAILED);
      return;
    }
    ended(
        operation,
        OperationStep.End.EXECUTED,
        Optional.empty(),
        new StateChange.AcceptClock(clock.newest()));
  }

  /** Of another freeze than the one that operators were shown nothing was said. */
  void unfreeze(Operation operation, Operation.Unfreeze unfreeze) throws LedgerException {
    if (!ledger.governanceMode().frozenBy().equals(OptionalLong.of(unfreeze.freeze()))) {
      end(operation, OperationStep.End.FAILED);
      return;
    }
    ended(
        operation,
        OperationStep.End.EXECUTED,
        Optional.empty(),
        new StateChange.ChangeGovernance(new GovernanceChange.Unfreeze(unfreeze.freeze())));
  }

  void end(Operation operation, OperationStep.End end) {
    ended(operation, end, Optional.empty());
  }

  /** What an operation changes, and that it has ended, are one transaction. */
  private void ended(
      Operation operation,
      OperationStep.End end,
      Optional<TrustReference> trust,
      StateChange... effects) {
    List<StateChange> changes = new ArrayList<>(List.of(effects));
    changes.add(new StateChange.EndOperation(operation.digest(), OperationEnd.valueOf(end.name())));
    var unused =
        commit(
            new OperationStep.Ended(operation.change().kind(), operation.digest(), end, trust),
            changes.toArray(StateChange[]::new));
  }

  /** Whether the ledger took it; one that it did not take is tried again when it is due again. */
  boolean commit(LeafBody body, StateChange... changes) {
    Leaf leaf =
        Leaf.of(Instant.ofEpochMilli(clock.millis()), UuidV7.next(clock, random), List.of(), body);
    CommitOutcome outcome = ledger.commit(Entry.of(leaf, changes)).toCompletableFuture().join();
    if (!(outcome instanceof CommitOutcome.Receipt)) {
      System.getLogger(KeySteps.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "the ledger must take a step in the life of a key, and did not: {0}",
              outcome);
    }
    return outcome instanceof CommitOutcome.Receipt;
  }
}
