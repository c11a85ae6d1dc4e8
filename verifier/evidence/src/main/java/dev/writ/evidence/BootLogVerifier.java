// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.BootLogOutcome.EventRefused;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Verifies a boot log against a quote: one step after the other, the first that fails names the
 * refusal.
 *
 * <ol>
 *   <li>log and quote share a bank other than SHA-1, and the log has every quoted one
 *   <li>each event of a quoted PCR has a digest of each quoted bank
 *   <li>the log is replayed to every quoted PCR: a PCR that it does not explain is told as such, and
 *       nothing is read from its events
 *   <li>the events of the PCRs that it does explain keep the rules of {@link BootEventRules}
 * </ol>
 *
 * <p>What remains is as good as signed: which digests were extended into these PCRs, in which order,
 * and whatever those digests cover.
 */
public final class BootLogVerifier {
  private BootLogVerifier() {}

  /** Verifies a log. */
  public static BootLogOutcome verify(BootLog log, VerifiedQuote quote) {
    return read(log, quote.values(), VerifiedBootLog::new, refused -> refused);
  }

  /** Takes the same steps over values that nobody signed. */
  static UnquotedOutcome unquoted(BootLog log, PcrValues values) {
    return read(log, values, UnquotedBootLog::new, UnquotedOutcome.Unreadable::new);
  }

  /** Makes what a log is that passed. */
  private interface Making<T> {
    T of(
        BootLog log,
        List<PcrReplay> results,
        ExplainedPcrs explained,
        Optional<SecureBootState> secureBoot,
        BootMeasurementReader reader);
  }

  private static <T> T read(
      BootLog log,
      PcrValues values,
      Making<? extends T> passed,
      Function<BootLogOutcome.Refused, ? extends T> refused) {
    List<TpmAlg> banks =
        values.selection().banks().stream()
            .filter(bank -> bank.mask() != 0)
            .map(PcrSelection.Bank::hash)
            .filter(hash -> hash != TpmAlg.SHA1)
            .toList();
    if (!log.isCryptoAgile() || banks.isEmpty()) {
      return refused.apply(new BootLogOutcome.Sha1Only());
    }
    for (TpmAlg bank : banks) {
      if (!log.hasBank(bank)) {
        return refused.apply(new BootLogOutcome.BankMissing(bank));
      }
    }
    List<PcrReplay> results = BootLogReplay.compare(log, values);
    for (PcrReplay result : results) {
      if (result instanceof PcrReplay.DigestMissing missing) {
        return refused.apply(new BootLogOutcome.DigestMissing(missing));
      }
    }
    ExplainedPcrs explained = new ExplainedPcrs(results);
    SecureBootReader secureBoot = new SecureBootReader(explained);
    Optional<EventRefused> broken = new BootEventRules(log, explained, secureBoot).check();
    if (broken.isPresent()) {
      return refused.apply(broken.get());
    }
    return passed.of(
        log,
        results,
        explained,
        explained.contains(SecureBootReader.PCR)
            ? Optional.of(secureBoot.state())
            : Optional.empty(),
        new BootMeasurementReader(log, explained));
  }
}
