// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * A boot log taken at its own word, or at that of PCR values that nobody signed: to be shown to a
 * person, and for no decision.
 */
public final class UnquotedBootLog extends ReplayedBootLog implements UnquotedOutcome {
  UnquotedBootLog(
      BootLog log,
      List<PcrReplay> results,
      ExplainedPcrs explained,
      Optional<SecureBootState> secureBoot,
      BootMeasurementReader reader) {
    super(log, results, explained, secureBoot, reader);
  }

  /** A log beside the values that a host says its PCRs have. */
  public static UnquotedOutcome beside(BootLog log, PcrValues values) {
    return BootLogVerifier.unquoted(log, values);
  }

  /**
   * A log by itself: it explains every PCR that it has events of, in each of its banks but SHA-1.
   */
  public static UnquotedOutcome alone(BootLog log) {
    Optional<PcrValues> values = Optional.empty();
    for (BootLog.Bank bank : log.banks()) {
      Optional<TpmAlg> hash = bank.hash().filter(alg -> alg != TpmAlg.SHA1);
      if (hash.isEmpty()) {
        continue;
      }
      for (BootEvent event : log.events()) {
        if (event.isMeasured() && event.digest(hash.get()).isEmpty()) {
          return new UnquotedOutcome.Unreadable(
              new BootLogOutcome.DigestMissing(
                  new PcrReplay.DigestMissing(
                      new ReferenceValues.Pcr(hash.get(), event.pcr()), event.index())));
        }
      }
      SortedMap<Integer, TpmDigest> reached = BootLogReplay.values(log, hash.get());
      if (!reached.isEmpty()) {
        values = Optional.of(joined(values, hash.get(), reached));
      }
    }
    return values.isEmpty()
        ? new UnquotedOutcome.Unreadable(new BootLogOutcome.Sha1Only())
        : BootLogVerifier.unquoted(log, values.get());
  }

  private static PcrValues joined(
      Optional<PcrValues> before, TpmAlg bank, SortedMap<Integer, TpmDigest> reached) {
    int[] indices = reached.keySet().stream().mapToInt(Integer::intValue).toArray();
    if (before.isEmpty()) {
      return new PcrValues(PcrSelection.of(bank, indices), List.copyOf(reached.values()));
    }
    List<TpmDigest> digests = new ArrayList<>(before.get().digests());
    digests.addAll(reached.values());
    return new PcrValues(before.get().selection().and(bank, indices), digests);
  }

  @Override
  public String toString() {
    return "UnquotedBootLog(" + log() + ")";
  }
}
