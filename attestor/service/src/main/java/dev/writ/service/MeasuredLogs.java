// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import dev.writ.evidence.Appraisal;
import dev.writ.evidence.BootLog;
import dev.writ.evidence.ClockInfo;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.ImaOutcome;
import dev.writ.evidence.ImaPosition;
import dev.writ.evidence.ImaReplay;
import dev.writ.evidence.ImaSegment;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.ReferenceValues;
import dev.writ.evidence.TrustTier;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.ledger.KeptBootLog;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.MeasuredList;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.util.Optional;

/**
 * The logs of a host's evidence, as far as its reference values speak of them: what they say nothing of
 * is not even expanded. How far a measurement list got is kept with the decision that it led to, so
 * that a host sends each entry once in a boot and under a policy.
 */
final class MeasuredLogs {
  private final Ledger ledger;
  private final Recent<BootOf, Boolean> kept;

  /** What a boot log is kept by. */
  private record BootOf(AkName host, KeptBootLog.Decision decision, long resetCount) {}

  /**
   * Logs of all hosts.
   *
   * @param most boots of which it is remembered that their log is kept
   */
  MeasuredLogs(Ledger ledger, int most) {
    this.ledger = ledger;
    this.kept = new Recent<>(most);
  }

  /**
   * Logs of one host.
   *
   * @param boot the boot log
   * @param list what replay says of the measurement list
   * @param known how far it had got before
   */
  record Read(Optional<BootLog> boot, Optional<ImaOutcome> list, ImaPosition known) {}

  /**
   * Reads what the evidence has.
   *
   * @param judgedBy digest of the policy
   */
  Read read(
      Evidence evidence,
      ReferenceValues references,
      AkName host,
      VerifiedQuote quote,
      Hash judgedBy)
      throws MalformedEvidenceException, LedgerException {
    Optional<BootLog> boot =
        references.boot().isPresent() && evidence.bootLog().isPresent()
            ? Optional.of(BootLog.parse(evidence.bootLog().get().expand()))
            : Optional.empty();
    if (references.ima().isEmpty() || evidence.imaList().isEmpty()) {
      return new Read(boot, Optional.empty(), ImaPosition.START);
    }
    ImaSegment segment = ImaSegment.parse(evidence.imaList().get().expand());
    ImaPosition known = known(host, bootOf(quote), judgedBy);
    return new Read(boot, Optional.of(ImaReplay.resume(known, segment, quote)), known);
  }

  /** Of another boot or policy nothing counts, nor what cannot be read. */
  private ImaPosition known(AkName host, long boot, Hash judgedBy) throws LedgerException {
    Optional<MeasuredList> kept =
        ledger
            .measuredList(host)
            .filter(list -> list.boot() == boot && list.judgedBy().equals(judgedBy));
    try {
      return kept.isPresent() ? ImaPosition.parse(kept.get().position()) : ImaPosition.START;
    } catch (MalformedEvidenceException e) {
      return ImaPosition.START;
    }
  }

  /** What is to be kept with a decision; nothing where nothing was added to the list. */
  static Optional<StateChange> reached(
      Read logs, Appraisal appraisal, AkName host, VerifiedQuote quote, Hash judgedBy) {
    return appraisal
        .imaPosition()
        .filter(position -> !position.equals(logs.known()))
        .map(
            position ->
                new StateChange.SetMeasuredList(host, bootOf(quote), judgedBy, position.encode()));
  }

  /**
   * The boot log, to be kept for whoever asks later what changed; nothing where none was read, where
   * the quote does not bear it out, or where one of this boot is kept. To sleep and wake is not another
   * boot here: the log stays what it was.
   */
  Optional<StateChange> kept(
      Evidence evidence,
      Appraisal appraisal,
      AkName host,
      VerifiedQuote quote,
      KeptBootLog.Decision decision)
      throws LedgerException {
    if (evidence.bootLog().isEmpty() || !isBorneOut(appraisal)) {
      return Optional.empty();
    }
    BootOf boot = new BootOf(host, decision, quote.clockInfo().resetCount());
    if (kept.get(boot).isPresent()) {
      return Optional.empty();
    }
    if (ledger.keepsBootLog(host, decision, boot.resetCount())) {
      kept.put(boot, true);
      return Optional.empty();
    }
    byte[] log = evidence.bootLog().get().bytes();
    return Optional.of(
        new StateChange.KeepBootLog(host, decision, boot.resetCount(), Hash.sha256(log), log));
  }

  /** It holds, and explains a PCR: what leads to no quoted value is not of the host's boot. */
  private static boolean isBorneOut(Appraisal appraisal) {
    boolean holds = false;
    boolean explains = false;
    for (Appraisal.Rule rule : appraisal.rules()) {
      holds |= rule.reason().equals("boot_log_holds") && rule.tier() == TrustTier.AFFIRMING;
      explains |= rule.reason().equals("pcr_matches_log");
    }
    return holds && explains;
  }

  private static long bootOf(VerifiedQuote quote) {
    ClockInfo clock = quote.clockInfo();
    return clock.resetCount() << Integer.SIZE | clock.restartCount();
  }
}
