// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Leaf;
import dev.writ.evidence.BootLog;
import dev.writ.evidence.BootLogDiff;
import dev.writ.evidence.BootLogDiff.Change;
import dev.writ.evidence.BootLogOutcome;
import dev.writ.evidence.BootLogVerifier;
import dev.writ.evidence.CodedLog;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.VerifiedBootLog;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.ledger.KeptBootLog;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The boot of a decision beside the last boot before it after which something was allowed. Both logs
 * are verified here, each against the quote that came with it.
 *
 * @param log of the decision; empty where it is not known, or does not hold
 * @param before of the other boot
 * @param since the decision with the other boot; empty where there is none to compare with
 * @param note why there is no comparison; empty where there is one
 * @param changes by PCR
 * @param pcrs whose values differ, of those that both quotes have
 */
record BootComparison(
    Optional<VerifiedBootLog> log,
    Optional<VerifiedBootLog> before,
    Optional<KeptDecision> since,
    String note,
    List<Change> changes,
    List<ChangedPcr> pcrs) {
  /** A PCR with another value than before. */
  record ChangedPcr(String bank, int index, TpmDigest was, TpmDigest is) {}

  private static BootComparison none(Optional<VerifiedBootLog> log, String note) {
    return new BootComparison(log, Optional.empty(), Optional.empty(), note, List.of(), List.of());
  }

  /** Compares. */
  static BootComparison of(
      Ledger ledger, KnownHost host, KeptDecision decision, VerifiedQuote quote)
      throws LedgerException {
    if (decision.evidence().bootLog().isEmpty()) {
      return none(Optional.empty(), "the evidence has no boot log");
    }
    List<KeptBootLog> kept = ledger.bootLogs(host.akName());
    long boot = quote.clockInfo().resetCount();
    Optional<KeptBootLog> own = own(kept, boot, decision);
    if (own.isEmpty()) {
      return none(
          Optional.empty(),
          "the boot log of this decision is not kept: of each host those of the last two boots that"
              + " were allowed something are, and that of the last that was not, where the policy asks"
              + " for boot logs");
    }
    BootLogOutcome outcome = verified(own.get(), quote);
    if (!(outcome instanceof VerifiedBootLog log)) {
      BootLogOutcome.Refused refused = (BootLogOutcome.Refused) outcome;
      return none(Optional.empty(), "the boot log does not hold: " + refused.message());
    }
    // A boot beside itself says that nothing changed, which is of use only where it was denied
    // later.
    Optional<Boot> other =
        lastAllowed(
            ledger,
            host,
            kept.stream().filter(each -> each.boot() != boot).toList(),
            decision.index());
    if (other.isEmpty() && !decision.allowed()) {
      other = lastAllowed(ledger, host, kept, decision.index());
    }
    return other.isEmpty()
        ? none(
            Optional.of(log), "no boot log of an earlier boot that was allowed something is kept")
        : new BootComparison(
            Optional.of(log),
            Optional.of(other.get().log()),
            Optional.of(other.get().decision()),
            "",
            BootLogDiff.between(other.get().log(), log),
            changed(other.get().quote(), quote));
  }

  private static Optional<KeptBootLog> own(
      List<KeptBootLog> kept, long boot, KeptDecision decision) {
    KeptBootLog.Decision led =
        decision.allowed() ? KeptBootLog.Decision.ALLOWED : KeptBootLog.Decision.DENIED;
    List<KeptBootLog> same =
        kept.stream()
            .filter(log -> log.boot() == boot && log.leafIndex() <= decision.index())
            .toList();
    return same.stream()
        .filter(log -> log.decision() == led)
        .findFirst()
        .or(() -> same.stream().findFirst());
  }

  /** A boot that was allowed something, as it was quoted then. */
  record Boot(KeptDecision decision, VerifiedQuote quote, VerifiedBootLog log) {}

  /** The last one before a leaf; empty where none is kept. */
  static Optional<Boot> lastAllowed(
      Ledger ledger, KnownHost host, List<KeptBootLog> kept, long before) throws LedgerException {
    for (KeptBootLog log : kept) {
      if (log.decision() == KeptBootLog.Decision.ALLOWED && log.leafIndex() < before) {
        Optional<Boot> boot = boot(ledger, host, log);
        if (boot.isPresent()) {
          return boot;
        }
      }
    }
    return Optional.empty();
  }

  /** The boot of a kept log; empty where its payload is gone, or the log did not hold. */
  static Optional<Boot> boot(Ledger ledger, KnownHost host, KeptBootLog log)
      throws LedgerException {
    Optional<Leaf> leaf = ledger.leaf(log.leafIndex());
    Optional<KeptDecision> decision =
        leaf.isPresent()
            ? KeptDecision.read(ledger, log.leafIndex(), leaf.get())
            : Optional.empty();
    if (decision.isEmpty()) {
      return Optional.empty();
    }
    VerifiedQuote quote = decision.get().quote(host);
    return verified(log, quote) instanceof VerifiedBootLog verified
        ? Optional.of(new Boot(decision.get(), quote, verified))
        : Optional.empty();
  }

  private static BootLogOutcome verified(KeptBootLog kept, VerifiedQuote quote) {
    try {
      return BootLogVerifier.verify(BootLog.parse(CodedLog.ofBootLog(kept.log()).expand()), quote);
    } catch (MalformedEvidenceException e) {
      throw KeptDecision.contradiction(kept.leafIndex(), String.valueOf(e.getMessage()));
    }
  }

  private static List<ChangedPcr> changed(VerifiedQuote before, VerifiedQuote now) {
    List<ChangedPcr> changed = new ArrayList<>();
    for (PcrSelection.Bank bank : now.selection().banks()) {
      for (int index : bank.indices()) {
        Optional<TpmDigest> was = before.values().value(bank.hash(), index);
        TpmDigest is = now.values().value(bank.hash(), index).orElseThrow();
        if (was.isPresent() && !was.get().equals(is)) {
          changed.add(new ChangedPcr(bank.hash().text(), index, was.get(), is));
        }
      }
    }
    return changed;
  }
}
