// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.ledger.StateChange.ConsumeNonce;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.SetLastSeen;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Entries that follow one another in a batch and can be judged at once, since none of them sees what
 * another changed: decisions, each on a host of its own. To a server a batch of statements is one round
 * trip, and one statement after the other as many as there are entries.
 *
 * @param entries at least one; where there is but one, of any kind
 */
record AdmissionRun(List<Pending> entries) {
  /** Most entries of one. */
  private static final int MOST = 256;

  /** The run that begins at {@code start} of a batch. */
  static AdmissionRun from(List<Pending> batch, int start) {
    Set<AkName> hosts = new HashSet<>();
    int end = start;
    while (end < batch.size() && end - start < MOST && fits(batch.get(end).entry(), hosts)) {
      end++;
    }
    return new AdmissionRun(batch.subList(start, Math.max(end, start + 1)));
  }

  private static boolean fits(Entry entry, Set<AkName> hosts) {
    for (Precondition precondition : entry.preconditions()) {
      // No decision ends one of these.
      if (!(precondition instanceof Precondition.EpochIs
          || precondition instanceof Precondition.ModeIs
          || precondition instanceof Precondition.HostActive
          || precondition instanceof Precondition.KeyActive)) {
        return false;
      }
    }
    for (StateChange change : entry.changes()) {
      boolean ofDecision =
          change instanceof ConsumeNonce
              || change instanceof SetLastSeen
              || change instanceof RecordArtifact;
      if (!ofDecision || !seen(change).map(host -> hosts.add(host.akName())).orElse(true)) {
        return false;
      }
    }
    return true;
  }

  private static Optional<SetLastSeen> seen(StateChange change) {
    if (change instanceof SetLastSeen seen) {
      return Optional.of(seen);
    }
    return change instanceof RecordArtifact artifact ? artifact.host() : Optional.empty();
  }

  boolean isOfMany() {
    return entries.size() > 1;
  }
}
