// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.ArrayList;
import java.util.Arrays;
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

  /**
   * A log by itself, for each of these PCRs: one that it has no events of has the value of a reset.
   *
   * @param selection such as another log or package speaks of
   */
  public static UnquotedOutcome over(BootLog log, PcrSelection selection) {
    List<TpmDigest> digests = new ArrayList<>();
    PcrSelection read =
        new PcrSelection(
            selection.banks().stream().filter(bank -> bank.hash() != TpmAlg.SHA1).toList());
    for (PcrSelection.Bank bank : read.banks()) {
      boolean there =
          log.banks().stream().anyMatch(of -> of.hash().equals(Optional.of(bank.hash())));
      Optional<BootEvent> without =
          log.events().stream()
              .filter(event -> event.isMeasured() && event.digest(bank.hash()).isEmpty())
              .findFirst();
      if (!there || without.isPresent()) {
        return alone(log);
      }
      SortedMap<Integer, TpmDigest> reached = BootLogReplay.values(log, bank.hash());
      for (int index : bank.indices()) {
        digests.add(reached.getOrDefault(index, reset(bank.hash(), index)));
      }
    }
    return BootLogVerifier.unquoted(log, new PcrValues(read, digests));
  }

  /** TCG PC Client Platform TPM Profile, 4.6: those of a dynamic launch are all ones until then. */
  private static TpmDigest reset(TpmAlg hash, int index) {
    byte[] value = new byte[hash.digestBytes()];
    if (index >= 17 && index <= 22) {
      Arrays.fill(value, (byte) 0xff);
    }
    return TpmDigest.of(hash, value);
  }

  /** The PCRs of which either log has events, in the banks that both have; SHA-1 is none. */
  public static Optional<PcrSelection> selected(BootLog one, BootLog other) {
    List<PcrSelection.Bank> banks = new ArrayList<>();
    for (BootLog.Bank bank : one.banks()) {
      Optional<TpmAlg> hash = bank.hash().filter(alg -> alg != TpmAlg.SHA1);
      if (hash.isPresent() && other.banks().stream().anyMatch(of -> of.hash().equals(hash))) {
        int mask = 0;
        for (BootLog log : List.of(one, other)) {
          for (BootEvent event : log.events()) {
            mask |= event.isMeasured() ? 1 << event.pcr() : 0;
          }
        }
        banks.add(new PcrSelection.Bank(hash.get(), mask));
      }
    }
    return banks.isEmpty() ? Optional.empty() : Optional.of(new PcrSelection(banks));
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
