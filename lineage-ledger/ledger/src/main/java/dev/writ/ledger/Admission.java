// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.Precondition.EpochIs;
import dev.writ.ledger.Precondition.HostActive;
import dev.writ.ledger.Precondition.KeyActive;
import dev.writ.ledger.Precondition.KeyUnknown;
import dev.writ.ledger.Precondition.ParentLive;
import dev.writ.ledger.StateChange.ConsumeNonce;
import dev.writ.ledger.StateChange.RecordUse;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Decides, inside one transaction, which entries of a batch are committed: one after the other, each
 * seeing what those before it changed, as if each had a transaction of its own. For each entry
 *
 * <ol>
 *   <li>nonces and uses are taken; one that is gone makes the entry replayed;
 *   <li>preconditions are read; one that does not hold makes it superseded;
 *   <li>its other changes are made; one that is not possible makes it refused, and so does one that
 *       cannot stand beside what all of them together leave.
 * </ol>
 *
 * <p>An entry that is not admitted leaves nothing behind: a savepoint takes back what it took.
 */
final class Admission {
  private static final String SAVEPOINT = "SAVEPOINT entry";
  private static final String RELEASE = "RELEASE SAVEPOINT entry";
  private static final String TAKE_BACK = "ROLLBACK TO SAVEPOINT entry";

  private final Statements statements;
  private final StateReads reads;
  private final StateWrites writes;
  private final Instant now;
  private final Instant horizon;

  /** Read in this transaction and true since: what hosts and keys do is not read for each entry. */
  private final Set<Precondition> held = new HashSet<>();

  Admission(Statements statements, Instant now, Instant horizon) {
    this.statements = statements;
    this.reads = new StateReads(statements);
    this.writes = new StateWrites(statements);
    this.now = now;
    this.horizon = horizon;
  }

  /** Why the entry is not admitted; empty if it is, with {@code index} as its leaf's place. */
  Optional<CommitOutcome> judge(Entry entry, long index) throws SQLException {
    if (entry.changes().isEmpty()) {
      return firstSuperseded(entry);
    }
    statements.update(SAVEPOINT);
    Optional<CommitOutcome> lost = change(entry, index, true);
    if (lost.isEmpty()) {
      lost = firstSuperseded(entry);
    }
    if (lost.isEmpty()) {
      lost = change(entry, index, false);
    }
    if (lost.isEmpty()) {
      lost = firstNotStanding(entry);
    }
    if (lost.isPresent()) {
      statements.update(TAKE_BACK);
    }
    statements.update(RELEASE);
    return lost;
  }

  private Optional<CommitOutcome> change(Entry entry, long index, boolean singleUse)
      throws SQLException {
    for (StateChange change : entry.changes()) {
      if (isSingleUse(change) != singleUse) {
        continue;
      }
      Optional<CommitOutcome> lost = writes.make(change, index, entry.leaf().time(), now, horizon);
      if (lost.isPresent()) {
        return lost;
      }
      if (mayEnd(change)) {
        held.clear();
      }
    }
    return Optional.empty();
  }

  private Optional<CommitOutcome> firstNotStanding(Entry entry) throws SQLException {
    for (StateChange change : entry.changes()) {
      Optional<CommitOutcome> lost = writes.standing(change);
      if (lost.isPresent()) {
        return lost;
      }
    }
    return Optional.empty();
  }

  private static boolean isSingleUse(StateChange change) {
    return change instanceof ConsumeNonce || change instanceof RecordUse;
  }

  /** Whether a precondition that held may not hold after the change. */
  private static boolean mayEnd(StateChange change) {
    return change instanceof StateChange.SetEpoch
        || change instanceof StateChange.SetHostState
        || change instanceof StateChange.SetKey
        || change instanceof StateChange.RevokeArtifact
        || change instanceof StateChange.VoidArtifacts
        || change instanceof StateChange.VoidArtifactsBetween;
  }

  private Optional<CommitOutcome> firstSuperseded(Entry entry) throws SQLException {
    for (Precondition precondition : entry.preconditions()) {
      if (!held.contains(precondition)) {
        if (!holds(precondition)) {
          return Optional.of(new Superseded(precondition));
        }
        held.add(precondition);
      }
    }
    return Optional.empty();
  }

  private boolean holds(Precondition precondition) throws SQLException {
    if (precondition instanceof EpochIs needed) {
      return reads.epoch().map(PolicyEpoch::epoch).orElse(0L) == needed.epoch();
    }
    if (precondition instanceof HostActive needed) {
      return reads
          .host(needed.akName())
          .filter(host -> host.state() == HostState.ACTIVE)
          .isPresent();
    }
    if (precondition instanceof KeyActive needed) {
      return reads.key(needed.kid()).filter(key -> key.maySign(now)).isPresent();
    }
    if (precondition instanceof KeyUnknown needed) {
      return reads.key(needed.kid()).isEmpty();
    }
    if (precondition instanceof ParentLive needed) {
      return reads.artifact(needed.jti()).filter(parent -> parent.isLive(now)).isPresent();
    }
    throw new IllegalStateException("bug: nothing reads a " + precondition.getClass());
  }

  /** Purges nonces in the same transaction: see {@link StateWrites#purgeNonces}. */
  int purgeNonces(Instant before, int limit) throws SQLException {
    return writes.purgeNonces(before, limit);
  }
}
