// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AppraisedRule;
import dev.writ.artifact.Ear;
import dev.writ.evidence.BootRules;
import dev.writ.evidence.SecureBootState;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.VerifiedBootLog;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.policy.BootReference;
import dev.writ.policy.ImaReference;
import dev.writ.policy.ReferenceSet;
import dev.writ.policy.ReferenceSet.Bank;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a reference set would have to say besides for evidence to be accepted that was not. A proposal
 * for a person to review: it says what would make the denial go away, and not whether that is right.
 *
 * <p>It adds values to those that are there. Nothing that weakens a demand is proposed: where Secure
 * Boot is off, entries of dbx are missing, or a log explains less, the host is what has to change. Until
 * it has, no value of a PCR is proposed and nothing that boots: what an unverified boot measured may be
 * anything. Nor is a value that no log explains, since nobody can review it.
 */
final class ReferenceAmendment {
  private static final int MAX_DIGESTS = 64;

  /** Most lines of advice. */
  private static final int MAX_NOTES = 32;

  /** Most entries of a member of {@code boot}. */
  private static final int MAX_ENTRIES = 4_096;

  private static final int SECURE_BOOT_PCR = 7;

  private final ReferenceSet inForce;
  private final VerifiedQuote quote;
  private final BootComparison compared;
  private final Optional<VerifiedBootLog> log;

  /** What is the host's to change: while one of these fails, what was measured vouches for nothing. */
  private final Set<String> blocking = new TreeSet<>();

  private final Map<Bank, Map<Integer, List<String>>> pcrs = new TreeMap<>();
  private final List<String> notes = new ArrayList<>();
  private Optional<BootReference> boot;
  private Optional<ImaReference> ima;

  private ReferenceAmendment(
      ReferenceSet inForce, VerifiedQuote quote, BootComparison compared, Set<String> failing) {
    this.inForce = inForce;
    this.quote = quote;
    this.compared = compared;
    this.log = compared.log();
    failing.stream()
        .filter(reason -> reason.startsWith("secure_boot") || reason.startsWith("boot_log_"))
        .forEach(blocking::add);
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
   * @param compared the boot log, where it is kept and holds, and the one before it
   */
  static Proposal propose(
      ReferenceSet inForce, List<AppraisedRule> ran, VerifiedQuote quote, BootComparison compared) {
    List<AppraisedRule> failing = ran.stream().filter(rule -> !holds(rule)).toList();
    ReferenceAmendment amendment =
        new ReferenceAmendment(
            inForce,
            quote,
            compared,
            failing.stream().map(AppraisedRule::reason).collect(Collectors.toSet()));
    // What no reference value changes comes last.
    Stream.of(false, true)
        .flatMap(
            last ->
                failing.stream().filter(each -> each.reason().startsWith("endorsement_") == last))
        .forEach(amendment::answer);
    amendment.tellWhomItHoldsFor();
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
      case "pcr_quoted" ->
          note(
              "PCR "
                  + rule.subject().orElse("")
                  + " was not quoted: the host's TPM must have that bank, and the set must not name"
                  + " one that it has not");
      case "pcr_bank_live" ->
          note("the firmware extends no PCR of this bank: name values of a bank that it extends");
      case "pcr_resettable" ->
          note(
              "software can reset this PCR: take its values out, since they say nothing of a boot");
      case "endorsement_genuine" ->
          note("the TPM is a simulator, for which no maker vouches: run the host on a real one");
      case "endorsement_given", "endorsement_holds", "endorsement_current" ->
          note(
              "endorsement: give the service the certificates of the TPM's maker, or enrol the host"
                  + " again");
      case "endorsement_hash", "endorsement_revocation" ->
          note(
              "endorsement: see what the rule expected; a revocation list of the maker may be missing"
                  + " or past");
      default -> {
        // The sum of what the entries' own rules say.
        boolean sum = rule.reason().equals("ima_entries");
        if (rule.reason().startsWith("ima_") && !sum) {
          ima(rule);
        } else if (!sum) {
          note("see the rule " + rule.reason() + ": expected " + rule.expected());
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
    boolean judged = false;
    for (Map.Entry<Bank, Map<Integer, List<String>>> bank : pcrs.entrySet()) {
      for (Map.Entry<Integer, List<String>> value : bank.getValue().entrySet()) {
        if (subject.equals(bank.getKey().wire() + ":" + value.getKey())) {
          judged = true;
          quote
              .values()
              .value(Expectation.algorithm(bank.getKey()), value.getKey())
              .ifPresent(
                  actual -> add(subject, value.getKey(), value.getValue(), actual.value().hex()));
        }
      }
    }
    if (!judged) {
      note("the set in force has no values of PCR " + subject);
    }
  }

  private void add(String subject, int index, List<String> values, String value) {
    if (values.contains(value)) {
      note("the set in force allows the value of PCR " + subject);
      return;
    }
    Optional<String> why = whyNoValue(subject, index);
    if (why.isPresent()) {
      note("no value of PCR " + subject + " is proposed: " + why.get());
    } else if (values.size() == MAX_DIGESTS) {
      note(
          "PCR " + subject + " has as many values as a policy takes; take those out that are past");
    } else {
      values.add(value);
    }
  }

  private Optional<String> whyNoValue(String subject, int index) {
    if (!blocking.isEmpty()) {
      return Optional.of(blockedBy());
    }
    if (log.isEmpty()) {
      return Optional.of(
          "no boot log is known that explains it; with boot in the set the service asks for one");
    }
    boolean explained =
        log.get().explains(index)
            && log.get().results().stream()
                .anyMatch(result -> result.pcr().toString().equals(subject) && result.matches());
    if (!explained) {
      return Optional.of("the boot log does not explain it");
    }
    return index == SECURE_BOOT_PCR ? whyNotSecureBoot() : Optional.empty();
  }

  /** The one value of PCR 7 stands for all of Secure Boot at once, and for what it forbids. */
  private Optional<String> whyNotSecureBoot() {
    Optional<SecureBootState> now = log.flatMap(VerifiedBootLog::secureBoot);
    boolean on =
        now.isPresent()
            && now.get().enabled()
            && !now.get().debugMode()
            && !now.get().dmaProtectionDisabled()
            && !now.get().shimValidationDisabled();
    if (!on) {
      return Optional.of(
          "the boot log must show Secure Boot on, and does not, or shows it weakened");
    }
    Set<String> needed = new HashSet<>(inForce.boot().map(BootReference::dbx).orElse(Set.of()));
    Optional<SecureBootState> before = compared.before().flatMap(VerifiedBootLog::secureBoot);
    if (needed.isEmpty() && before.isEmpty()) {
      return Optional.of(
          "the set names no entries of dbx, and no earlier log says what it had: some may be lost");
    }
    before.ifPresent(state -> needed.addAll(LearnedReferences.hex(Set.copyOf(state.dbx().ids()))));
    Set<String> there = LearnedReferences.hex(Set.copyOf(now.get().dbx().ids()));
    return there.containsAll(needed)
        ? Optional.empty()
        : Optional.of("dbx has lost entries: update the host's dbx, as with fwupdmgr update");
  }

  private String blockedBy() {
    return String.join(", ", blocking) + " does not hold, and the host has to change first";
  }

  /** Names come from the log that the quote bears out, never from the text of a rule. */
  private void boot(AppraisedRule rule) {
    String reason = rule.reason();
    if (boot.isEmpty()) {
      note("the set in force judges no boot log");
      return;
    }
    if (log.isEmpty()) {
      note("the boot log is not kept, so that nothing is proposed for " + reason);
      return;
    }
    if (blocking.stream().anyMatch(other -> !other.equals(reason))) {
      note("nothing is proposed for " + reason + ": " + blockedBy());
      return;
    }
    BootReference is = boot.get();
    boot =
        Optional.of(
            switch (reason) {
              case "boot_application" ->
                  is.withApplications(more(reason, is.applications(), applications(rule)));
              case "boot_command_line" ->
                  is.withCommandLines(more(reason, is.commandLines(), commandLines(rule)));
              case "boot_authority" ->
                  is.withAuthorities(moreIds(reason, is.authorities(), authorities(rule)));
              default -> is.withDb(moreIds(reason, is.db(), db()));
            });
    if (boot.get().equals(is)) {
      note("nothing is added for " + reason + ": " + rule.actual());
    } else if (reason.equals("boot_authority") || reason.equals("secure_boot_db")) {
      note("an entry of db or of authorities vouches for all that its key ever signed, or will");
    }
  }

  /** The one application of which the rule speaks. */
  private Set<TpmDigest> applications(AppraisedRule rule) {
    return log.orElseThrow().bootApplications().stream()
        .filter(image -> rule.subject().equals(Optional.of("boot application " + image.number())))
        .flatMap(image -> image.digests().stream())
        .collect(Collectors.toSet());
  }

  /** The rule's digests come before the line's text, which is the host's. */
  private Set<TpmDigest> commandLines(AppraisedRule rule) {
    List<String> failed = List.of(rule.actual().split(" \\(", 2)[0].split(" ", -1));
    return BootRules.learnedFrom(log.orElseThrow()).commandLines().orElse(Set.of()).stream()
        .filter(digest -> failed.contains(digest.toString()))
        .collect(Collectors.toSet());
  }

  private Set<String> authorities(AppraisedRule rule) {
    return state()
        .map(
            state ->
                state.authorities().stream()
                    .filter(SecureBootState.Authority::verifiesImages)
                    .map(authority -> authority.id().hex())
                    .filter(rule.actual()::equals)
                    .collect(Collectors.toSet()))
        .orElse(Set.of());
  }

  private Set<String> db() {
    return state()
        .map(state -> LearnedReferences.hex(Set.copyOf(state.db().ids())))
        .orElse(Set.of());
  }

  private Optional<SecureBootState> state() {
    return log.orElseThrow().secureBoot();
  }

  private void tellWhomItHoldsFor() {
    boolean changed = !inForce.with(pcrs, boot, ima).equals(inForce);
    if (changed && inForce.hosts().contains(ReferenceSet.ANY_HOST)) {
      note("the set is for every host that no other set names: what is added holds for them all");
    } else if (changed && inForce.hosts().size() > 1) {
      note("the set is for " + inForce.hosts().size() + " hosts: what is added holds for them all");
    }
  }

  private Optional<Map<Bank, Set<String>>> more(
      String reason, Optional<Map<Bank, Set<String>>> there, Set<TpmDigest> found) {
    if (there.isEmpty()) {
      note("the set in force does not judge " + reason);
      return there;
    }
    Map<Bank, Set<String>> all = new TreeMap<>();
    there.get().forEach((bank, digests) -> all.put(bank, new HashSet<>(digests)));
    LearnedReferences.byBank(found)
        .forEach(
            (bank, digests) -> all.computeIfAbsent(bank, any -> new HashSet<>()).addAll(digests));
    return bounded(reason, all.values(), there.get().equals(all), !found.isEmpty())
        ? Optional.of(all)
        : there;
  }

  private Optional<Set<String>> moreIds(
      String reason, Optional<Set<String>> there, Set<String> found) {
    if (there.isEmpty()) {
      note("the set in force does not judge " + reason);
      return there;
    }
    Set<String> all = new HashSet<>(there.get());
    all.addAll(found);
    return bounded(reason, List.of(all), there.get().equals(all), !found.isEmpty())
        ? Optional.of(all)
        : there;
  }

  private boolean bounded(
      String reason, Collection<Set<String>> all, boolean same, boolean anyFound) {
    if (same && anyFound) {
      note("the set in force allows this: " + reason);
    }
    boolean fits = all.stream().allMatch(entries -> entries.size() <= MAX_ENTRIES);
    if (!fits) {
      note("a policy takes at most " + MAX_ENTRIES + " entries for " + reason);
    }
    return fits;
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
