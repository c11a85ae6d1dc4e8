// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.evidence.BootLog;
import dev.writ.evidence.BootLogDiff;
import dev.writ.evidence.BootLogReplay;
import dev.writ.evidence.BootLogSummary;
import dev.writ.evidence.ClockInfo;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.UnquotedBootLog;
import dev.writ.evidence.UnquotedOutcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a boot log or an evidence package says, with nobody's word for it: no signature is verified
 * here, since whose key it was is for the ledger to know.
 */
final class BootLogReport {
  /** Shown first, so that nobody takes a claim for a proof. */
  private static final String UNPROVEN =
      "as the file says; no signature was verified, and nobody vouches for it";

  private final Map<String, Object> facts = new LinkedHashMap<>();
  private final List<Map<String, Object>> pcrs = new ArrayList<>();
  private final List<BootLogSummary.Line> measured = new ArrayList<>();
  private Optional<List<BootLogDiff.Change>> changes = Optional.empty();

  private BootLogReport() {
    facts.put("standing", UNPROVEN);
  }

  /** Of a log by itself, and what changed since an earlier one. */
  static BootLogReport of(BootLog log, Optional<BootLog> since) throws CommandFailure {
    BootLogReport report = new BootLogReport();
    report.facts.put("boot_log", size(log));
    for (BootLog.Bank bank : log.banks()) {
      Optional<TpmAlg> hash = bank.hash().filter(alg -> alg != TpmAlg.SHA1);
      if (hash.isPresent()) {
        report.values(hash.get(), readable(UnquotedBootLog.alone(log), "the log"));
      }
    }
    Optional<PcrSelection> both = since.flatMap(old -> UnquotedBootLog.selected(log, old));
    UnquotedBootLog read =
        readable(
            both.isPresent() ? UnquotedBootLog.over(log, both.get()) : UnquotedBootLog.alone(log),
            "the log");
    report.tell(read, since, both);
    return report;
  }

  private static String size(BootLog log) {
    return log.events().size() + " events";
  }

  private void values(TpmAlg bank, UnquotedBootLog log) {
    BootLogReplay.values(log.log(), bank)
        .forEach((index, value) -> pcrs.add(pcr(bank.text(), index, value)));
  }

  private static Map<String, Object> pcr(String bank, int index, TpmDigest value) {
    Map<String, Object> pcr = new LinkedHashMap<>();
    pcr.put("bank", bank);
    pcr.put("index", index);
    pcr.put("value", value.value().hex());
    return pcr;
  }

  /** Of a package: the values that its host says its PCRs have, and its boot log beside them. */
  static BootLogReport of(Evidence evidence, Optional<BootLog> since) throws CommandFailure {
    BootLogReport report = new BootLogReport();
    ClockInfo clock = evidence.quote().clockInfo();
    report.facts.put("reset_count", clock.resetCount());
    report.facts.put("restart_count", clock.restartCount());
    report.facts.put("clock_safe", clock.safe());
    report.facts.put("firmware_version", Long.toUnsignedString(evidence.quote().firmwareVersion()));
    for (PcrSelection.Bank bank : evidence.pcrValues().selection().banks()) {
      for (int index : bank.indices()) {
        evidence
            .pcrValues()
            .value(bank.hash(), index)
            .ifPresent(value -> report.pcrs.add(pcr(bank.hash().text(), index, value)));
      }
    }
    report.facts.put("ima_list", evidence.imaList().isPresent() ? "given" : "none");
    if (evidence.bootLog().isEmpty()) {
      report.facts.put("boot_log", "none");
      if (since.isPresent()) {
        throw CommandFailure.invalid("--since needs a boot log in the package, which has none");
      }
      return report;
    }
    try {
      BootLog log = BootLog.parse(evidence.bootLog().get().expand());
      report.facts.put("boot_log", size(log));
      report.tell(
          readable(
              UnquotedBootLog.beside(log, evidence.pcrValues()), "the log beside the PCRs' values"),
          since,
          Optional.of(evidence.pcrValues().selection()));
    } catch (MalformedEvidenceException e) {
      throw CommandFailure.invalid("the package's boot log must be one: " + e.getMessage());
    }
    return report;
  }

  /** The earlier log is replayed over what the other is compared by, so that none is said to lack it. */
  private void tell(UnquotedBootLog log, Optional<BootLog> since, Optional<PcrSelection> over)
      throws CommandFailure {
    measured.addAll(BootLogSummary.of(log));
    if (since.isPresent()) {
      UnquotedBootLog before =
          readable(
              over.isPresent()
                  ? UnquotedBootLog.over(since.get(), over.get())
                  : UnquotedBootLog.alone(since.get()),
              "--since");
      changes = Optional.of(BootLogDiff.between(before, log));
    }
  }

  private static UnquotedBootLog readable(UnquotedOutcome outcome, String which)
      throws CommandFailure {
    if (outcome instanceof UnquotedBootLog log) {
      return log;
    }
    throw CommandFailure.invalid(
        which + " does not hold: " + ((UnquotedOutcome.Unreadable) outcome).why().message());
  }

  Map<String, Object> asDocument() {
    Map<String, Object> document = new LinkedHashMap<>(facts);
    document.put("pcrs", pcrs);
    document.put("measured", measured.stream().map(line -> told(line.pcr(), line.text())).toList());
    changes.ifPresent(
        all ->
            document.put(
                "changes", all.stream().map(each -> told(each.pcr(), each.text())).toList()));
    return document;
  }

  private static Map<String, Object> told(int pcr, String text) {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("pcr", pcr);
    told.put("meaning", BootLogSummary.meaning(pcr));
    told.put("text", text);
    return told;
  }

  String asText() {
    Lines lines = new Lines();
    facts.forEach((name, value) -> lines.fact(name, String.valueOf(value)));
    lines.blank();
    if (changes.isPresent()) {
      if (changes.get().isEmpty()) {
        lines.line("nothing changed");
      }
      changes.get().forEach(change -> lines.ofPcr(change.pcr(), change.text()));
    } else {
      pcrs.forEach(
          pcr -> lines.line(pcr.get("bank") + ":" + pcr.get("index") + "  " + pcr.get("value")));
      measured.forEach(line -> lines.ofPcr(line.pcr(), line.text()));
    }
    return lines.toString();
  }
}
