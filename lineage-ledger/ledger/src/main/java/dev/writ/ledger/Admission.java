// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.Precondition.EpochIs;
import dev.writ.ledger.Precondition.HostActive;
import dev.writ.ledger.Precondition.KeyActive;
import dev.writ.ledger.Precondition.KeyUnknown;
import dev.writ.ledger.Precondition.ModeIs;
import dev.writ.ledger.Precondition.NoTrustAfter;
import dev.writ.ledger.Precondition.NotRevoked;
import dev.writ.ledger.Precondition.ParentLive;
import dev.writ.ledger.StateChange.ConsumeNonce;
import dev.writ.ledger.StateChange.RecordUse;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 * <p>An entry that is not admitted leaves nothing behind: a savepoint takes back what it took. Entries of
 * an {@link AdmissionRun} are tried all at once; where one of them loses, that is taken back, and they
 * are judged one after the other.
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

  /**
   * Judges a batch.
   *
   * @param first place of the first leaf that is admitted; the others follow it
   * @param admitted takes the entries that are
   * @param lost takes the others, with the reason
   */
  void judge(
      List<Pending> batch, long first, List<Pending> admitted, Map<Pending, CommitOutcome> lost)
      throws SQLException {
    int done = 0;
    while (done < batch.size()) {
      AdmissionRun run = AdmissionRun.from(batch, done);
      if (run.isOfMany() && isAdmitted(run, first + admitted.size())) {
        admitted.addAll(run.entries());
      } else {
        for (Pending pending : run.entries()) {
          Optional<CommitOutcome> why = judge(pending.entry(), first + admitted.size());
          if (why.isPresent()) {
            lost.put(pending, why.get());
          } else {
            admitted.add(pending);
          }
        }
      }
      done += run.entries().size();
    }
  }

  /** Whether all entries are admitted, the first at {@code first}; none is if it is false. */
  private boolean isAdmitted(AdmissionRun run, long first) throws SQLException {
    statements.update(SAVEPOINT);
    boolean admitted = change(run, first, true) && holdsAll(run) && change(run, first, false);
    if (!admitted) {
      statements.update(TAKE_BACK);
    }
    statements.update(RELEASE);
    return admitted;
  }

  /** Makes the first row of every entry, then the second, and so on. */
  private boolean change(AdmissionRun run, long first, boolean singleUse) throws SQLException {
    List<List<RowChange>> entries = new ArrayList<>();
    long index = first;
    for (Pending pending : run.entries()) {
      List<RowChange> rows = new ArrayList<>();
      for (StateChange change : pending.entry().changes()) {
        if (isSingleUse(change) == singleUse) {
          Optional<List<RowChange>> made = writes.rows(change, index, horizon);
          if (made.isEmpty()) {
            return false;
          }
          rows.addAll(made.get());
        }
      }
      entries.add(rows);
      index++;
    }
    int longest = entries.stream().mapToInt(List::size).max().orElse(0);
    for (int step = 0; step < longest; step++) {
      Map<String, List<RowChange>> alike = new LinkedHashMap<>();
      for (List<RowChange> rows : entries) {
        if (step < rows.size()) {
          RowChange row = rows.get(step);
          alike.computeIfAbsent(row.sql(), sql -> new ArrayList<>()).add(row);
        }
      }
      for (Map.Entry<String, List<RowChange>> rows : alike.entrySet()) {
        if (!statements.makeAll(rows.getKey(), rows.getValue())) {
          return false;
        }
      }
    }
    return true;
  }

  private boolean holdsAll(AdmissionRun run) throws SQLException {
    Set<AkName> hosts = new HashSet<>();
    for (Pending pending : run.entries()) {
      for (Precondition precondition : pending.entry().preconditions()) {
        if (held.contains(precondition)) {
          continue;
        }
        if (precondition instanceof HostActive host) {
          hosts.add(host.akName());
        } else if (holds(precondition)) {
          held.add(precondition);
        } else {
          return false;
        }
      }
    }
    boolean active = reads.areActive(hosts);
    if (active) {
      hosts.forEach(host -> held.add(new HostActive(host)));
    }
    return active;
  }

  /** Why the entry is not admitted; empty if it is, with {@code index} as its leaf's place. */
  private Optional<CommitOutcome> judge(Entry entry, long index) throws SQLException {
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
        || change instanceof StateChange.PublishTrust
        || change instanceof StateChange.ChangeGovernance
        || change instanceof StateChange.SetHostState
        || change instanceof StateChange.SetKey
        || change instanceof StateChange.RevokeArtifact
        || change instanceof StateChange.VoidArtifacts
        || change instanceof StateChange.VoidArtifactsBetween
        || change instanceof StateChange.VoidScope;
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
    if (precondition instanceof NoTrustAfter needed) {
      return !new TrustFiles(statements).isPublishedAfter(needed.version());
    }
    if (precondition instanceof ModeIs needed) {
      return new GovernanceRows(statements).newestIndex() == needed.leafIndex();
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
    if (precondition instanceof NotRevoked needed) {
      return reads.artifact(needed.jti()).filter(artifact -> !artifact.revoked()).isPresent();
    }
    throw new IllegalStateException("bug: nothing reads a " + precondition.getClass());
  }

  /** Purges nonces in the same transaction: see {@link StateWrites#purgeNonces}. */
  int purgeNonces(Instant before, int limit) throws SQLException {
    return writes.purgeNonces(before, limit);
  }
}
