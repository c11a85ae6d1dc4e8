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

  MeasuredLogs(Ledger ledger) {
    this.ledger = ledger;
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
   * The boot log, to be kept for whoever asks later what changed; nothing where none was read. To
   * sleep and wake is not another boot here: the log stays what it was.
   */
  static Optional<StateChange> kept(
      Evidence evidence,
      Read logs,
      AkName host,
      VerifiedQuote quote,
      KeptBootLog.Decision decision) {
    if (logs.boot().isEmpty()) {
      return Optional.empty();
    }
    byte[] log = evidence.bootLog().orElseThrow().bytes();
    return Optional.of(
        new StateChange.KeepBootLog(
            host, decision, quote.clockInfo().resetCount(), Hash.sha256(log), log));
  }

  private static long bootOf(VerifiedQuote quote) {
    ClockInfo clock = quote.clockInfo();
    return clock.resetCount() << Integer.SIZE | clock.restartCount();
  }
}
