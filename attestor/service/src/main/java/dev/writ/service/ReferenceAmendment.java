// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AppraisedRule;
import dev.writ.artifact.Ear;
import dev.writ.evidence.BootRules;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.VerifiedBootLog;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.policy.BootReference;
import dev.writ.policy.ImaReference;
import dev.writ.policy.ReferenceSet;
import dev.writ.policy.ReferenceSet.Bank;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a reference set would have to say besides for evidence to be accepted that was not. A proposal
 * for a person to review: it says what would make the denial go away, and not whether that is right.
 *
 * <p>It adds values to those that are there. Nothing that weakens a demand is proposed: where Secure
 * Boot is off, entries of dbx are missing, or a log explains less, the host is what has to change.
 */
final class ReferenceAmendment {
  private static final int MAX_DIGESTS = 64;

  /** Most lines of advice. */
  private static final int MAX_NOTES = 32;

  private final VerifiedQuote quote;
  private final Optional<VerifiedBootLog> log;
  private final Map<Bank, Map<Integer, List<String>>> pcrs = new TreeMap<>();
  private final List<String> notes = new ArrayList<>();
  private Optional<BootReference> boot;
  private Optional<ImaReference> ima;

  private ReferenceAmendment(
      ReferenceSet inForce, VerifiedQuote quote, Optional<VerifiedBootLog> log) {
    this.quote = quote;
    this.log = log;
    this.boot = inForce.boot();
    this.ima = inForce.ima();
    inForce
        .pcrs()
        .forEach(
            (bank, values) -> {
              Map<Integer, List<String>> copy = new TreeMap<>();
              values.forEach((index, digests) -> copy.put(index, new ArrayList<>(digests)));
              pcrs.put(bank, copy);
            });
  }

  /**
   * A proposal.
   *
   * @param set what the set in force would have to be; the same where nothing is proposed
   * @param notes what no amendment can or should answer, and what to do instead
   */
  record Proposal(ReferenceSet set, List<String> notes) {}

  /**
   * Proposes.
   *
   * @param inForce the set by which the host is judged
   * @param ran the rules that ran
   * @param quote what they ran on
   * @param log the boot log, where it is kept and holds
   */
  static Proposal propose(
      ReferenceSet inForce,
      List<AppraisedRule> ran,
      VerifiedQuote quote,
      Optional<VerifiedBootLog> log) {
    ReferenceAmendment amendment = new ReferenceAmendment(inForce, quote, log);
    ran.stream().filter(rule -> !holds(rule)).forEach(amendment::answer);
    return new Proposal(
        inForce.with(amendment.pcrs, amendment.boot, amendment.ima),
        List.copyOf(amendment.notes.subList(0, Math.min(MAX_NOTES, amendment.notes.size()))));
  }

  /** Whether nothing is held against the host by a rule. */
  static boolean holds(AppraisedRule rule) {
    return rule.tier().compareTo(Ear.Tier.WARNING) < 0;
  }

  private void answer(AppraisedRule rule) {
    switch (rule.reason()) {
      case "pcr_reference" -> pcr(rule.subject().orElse(""));
      case "boot_application", "boot_authority", "boot_command_line", "secure_boot_db" ->
          boot(rule);
      case "secure_boot" -> note("turn Secure Boot on in the firmware's setup");
      case "secure_boot_debug" -> note("take the firmware out of its debug mode");
      case "secure_boot_dma" ->
          note("turn protection from devices (DMA, IOMMU) on in the firmware");
      case "secure_boot_shim" ->
          note("turn shim's verification on again: mokutil --enable-validation");
      case "secure_boot_dbx" ->
          note("update the host's dbx, as with fwupdmgr update: " + rule.actual());
      case "boot_log_given" -> note("let the agent read the boot log: " + rule.actual());
      case "boot_log_holds" -> note("the boot log contradicts the quote: " + rule.actual());
      case "pcr_unexplained_extend",
          "pcr_log_mismatch",
          "pcr_without_events",
          "pcr_not_explained" ->
          note("nothing can be proposed for what no log explains: " + rule.actual());
      default -> {
        // The sum of what the entries' own rules say.
        boolean sum = rule.reason().equals("ima_entries");
        if (rule.reason().startsWith("ima_") && !sum) {
          ima(rule);
        }
      }
    }
  }

  private void note(String text) {
    if (!notes.contains(text)) {
      notes.add(text);
    }
  }

  private void pcr(String subject) {
    for (Map.Entry<Bank, Map<Integer, List<String>>> bank : pcrs.entrySet()) {
      for (Map.Entry<Integer, List<String>> value : bank.getValue().entrySet()) {
        if (subject.equals(bank.getKey().wire() + ":" + value.getKey())) {
          quote
              .values()
              .value(Expectation.algorithm(bank.getKey()), value.getKey())
              .ifPresent(actual -> add(subject, value.getValue(), actual.value().hex()));
        }
      }
    }
  }

  private void add(String subject, List<String> values, String value) {
    if (values.contains(value)) {
      return;
    }
    if (values.size() == MAX_DIGESTS) {
      note(
          "PCR " + subject + " has as many values as a policy takes; take those out that are past");
    } else {
      values.add(value);
    }
  }

  /** Names come from the log that the quote bears out, never from the text of a rule. */
  private void boot(AppraisedRule rule) {
    if (boot.isEmpty()) {
      return;
    }
    if (log.isEmpty()) {
      note("the boot log is not kept, so that nothing is proposed for " + rule.reason());
      return;
    }
    BootRules learned = BootRules.learnedFrom(log.get());
    BootReference is = boot.get();
    boot =
        Optional.of(
            switch (rule.reason()) {
              case "boot_application" ->
                  is.withApplications(more(is.applications(), learned.bootApplications()));
              case "boot_command_line" ->
                  is.withCommandLines(more(is.commandLines(), learned.commandLines()));
              case "boot_authority" ->
                  is.withAuthorities(moreIds(is.authorities(), learned.authorities()));
              default -> is.withDb(moreIds(is.db(), learned.db()));
            });
    if (boot.get().equals(is)) {
      note("nothing can be proposed for " + rule.reason() + ": " + rule.actual());
    }
  }

  private static Optional<Map<Bank, Set<String>>> more(
      Optional<Map<Bank, Set<String>>> there, Optional<Set<TpmDigest>> found) {
    if (there.isEmpty() || found.isEmpty()) {
      return there;
    }
    Map<Bank, Set<String>> all = new TreeMap<>();
    there.get().forEach((bank, digests) -> all.put(bank, new HashSet<>(digests)));
    LearnedReferences.byBank(found.get())
        .forEach(
            (bank, digests) -> all.computeIfAbsent(bank, any -> new HashSet<>()).addAll(digests));
    return Optional.of(all);
  }

  private static Optional<Set<String>> moreIds(
      Optional<Set<String>> there, Optional<Set<Octets>> found) {
    if (there.isEmpty() || found.isEmpty()) {
      return there;
    }
    Set<String> all = new HashSet<>(there.get());
    all.addAll(LearnedReferences.hex(found.get()));
    return Optional.of(all);
  }

  private void ima(AppraisedRule rule) {
    Optional<MeasuredFile> file = MeasuredFile.of(rule);
    if (ima.isEmpty() || file.isEmpty()) {
      note(MeasuredFile.remedy(rule.reason()) + ": " + rule.actual());
      return;
    }
    Optional<ImaReference> more =
        file.get().isListable() ? file.get().addedTo(ima.get()) : Optional.empty();
    if (more.isPresent()) {
      ima = more;
    } else {
      note(MeasuredFile.remedy(rule.reason()) + ": " + file.get().path());
    }
  }
}
