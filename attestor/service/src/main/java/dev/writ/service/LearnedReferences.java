// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.evidence.BootRules;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.VerifiedBootLog;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.policy.BootReference;
import dev.writ.policy.KeptDemands;
import dev.writ.policy.ReferenceSet;
import dev.writ.policy.ReferenceSet.Bank;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Reference values learned from one boot of one host (RFC 9334, 4.2), in the policy's terms: a proposal,
 * which nothing here puts in force.
 */
final class LearnedReferences {
  /** PCRs whose values stand for the loader that measures command lines. */
  private static final int LOADER_PCR = 4;

  /** Most entries of a member of {@code boot}. */
  private static final int MAX_ENTRIES = 4_096;

  private final VerifiedQuote quote;
  private final BootRules rules;
  private final List<String> notes = new ArrayList<>();

  private LearnedReferences(VerifiedQuote quote, VerifiedBootLog log) {
    this.quote = quote;
    this.rules = BootRules.learnedFrom(log);
  }

  /**
   * A set that this boot keeps.
   *
   * @param set it
   * @param notes what it does not say, and why
   */
  record Learned(ReferenceSet set, List<String> notes) {}

  /**
   * Learns from a boot: its event rules, and values of the PCRs of which the set in force has values,
   * with whatever the set in force demands besides. Rules over IMA stay as they are.
   *
   * @param host from whose boot
   * @param inForce the set by which the host is judged
   * @param denied what was held against the boot; empty where something was allowed
   * @return empty where the log explains no PCR of firmware
   */
  static Optional<Learned> of(
      String host,
      VerifiedQuote quote,
      VerifiedBootLog log,
      Optional<ReferenceSet> inForce,
      Optional<String> denied) {
    LearnedReferences learned = new LearnedReferences(quote, log);
    if (learned.rules.explained().isEmpty()) {
      return Optional.empty();
    }
    denied.ifPresent(learned.notes::add);
    ReferenceSet base =
        inForce.orElseGet(
            () -> new ReferenceSet(ReferenceSet.nameFor(host), "", Set.of(host), Map.of()));
    boolean own = base.hosts().equals(Set.of(host));
    BootReference boot = learned.boot(base);
    KeptDemands kept =
        KeptDemands.of(
            base.as(own ? base.name() : ReferenceSet.nameFor(host), Set.of(host))
                .with(learned.pcrs(base, boot), Optional.of(boot), base.ima()),
            base);
    learned.notes.addAll(kept.notes());
    learned.describe(log, kept.set());
    ReferenceSet set =
        denied.isPresent()
            ? kept.set().described((denied.get() + ". " + base.description()).strip())
            : kept.set();
    return Optional.of(new Learned(set, List.copyOf(learned.notes)));
  }

  private BootReference boot(ReferenceSet base) {
    return new BootReference(
        rules.explained(),
        rules.secureBoot(),
        bounded("dbx", hex(rules.dbx())).orElse(Set.of()),
        rules.db().flatMap(ids -> bounded("db", hex(ids))),
        rules.authorities().flatMap(ids -> bounded("authorities", hex(ids))),
        rules.bootApplications().map(LearnedReferences::byBank),
        rules
            .commandLines()
            .filter(lines -> loaderQuoted(byBank(lines).keySet()))
            .map(LearnedReferences::byBank),
        base.boot().map(BootReference::effect).orElse(BootReference.Effect.REFUSE));
  }

  private Optional<Set<String>> bounded(String member, Set<String> entries) {
    if (entries.size() <= MAX_ENTRIES) {
      return Optional.of(entries);
    }
    notes.add(
        member
            + " is left out: a policy takes at most "
            + MAX_ENTRIES
            + " entries, and there are "
            + entries.size());
    return Optional.empty();
  }

  private boolean loaderQuoted(Set<Bank> banks) {
    boolean quoted =
        banks.stream()
            .allMatch(
                bank -> quote.values().value(Expectation.algorithm(bank), LOADER_PCR).isPresent());
    if (!quoted) {
      notes.add(
          "command_lines is left out: it needs values of PCR 4, which the quote does not have");
    }
    return quoted;
  }

  private Map<Bank, Map<Integer, List<String>>> pcrs(ReferenceSet base, BootReference boot) {
    Map<Bank, Map<Integer, List<String>>> pcrs = new TreeMap<>();
    for (PcrSelection.Bank quoted : quote.selection().banks()) {
      Optional<Bank> bank = bank(quoted.hash());
      if (bank.isEmpty()) {
        continue;
      }
      Set<Integer> wanted = new TreeSet<>(base.pcrs().getOrDefault(bank.get(), Map.of()).keySet());
      if (boot.commandLines().map(lines -> lines.containsKey(bank.get())).orElse(false)) {
        wanted.add(LOADER_PCR);
      }
      Map<Integer, List<String>> values = new TreeMap<>();
      for (int index : wanted) {
        quote
            .values()
            .value(quoted.hash(), index)
            .ifPresent(value -> values.put(index, List.of(value.value().hex())));
      }
      if (!values.isEmpty()) {
        pcrs.put(bank.get(), values);
      }
    }
    return pcrs;
  }

  private void describe(VerifiedBootLog log, ReferenceSet set) {
    BootReference boot = set.boot().orElseThrow();
    Set<Integer> left = new TreeSet<>(BootRules.FIRMWARE_PCRS);
    left.removeAll(boot.pcrs());
    if (!left.isEmpty()) {
      notes.add(
          "PCRs "
              + left
              + " are not judged: they were not quoted, or the log does not explain them");
    }
    if (log.secureBoot().isPresent() && !boot.secureBoot()) {
      notes.add(
          "Secure Boot is not demanded: it is " + log.secureBoot().get().text() + ", or weakened");
    }
    if (boot.commandLines().isEmpty()) {
      notes.add("command lines are not judged: PCRs 8 and 12 must both be quoted and explained");
    }
  }

  /** Digests by bank, in hex. */
  static Map<Bank, Set<String>> byBank(Set<TpmDigest> digests) {
    Map<Bank, Set<String>> byBank = new TreeMap<>();
    for (TpmDigest digest : digests) {
      bank(digest.hash())
          .ifPresent(
              bank ->
                  byBank.computeIfAbsent(bank, any -> new HashSet<>()).add(digest.value().hex()));
    }
    return byBank;
  }

  static Set<String> hex(Set<Octets> ids) {
    return ids.stream().map(Octets::hex).collect(Collectors.toSet());
  }

  static Optional<Bank> bank(TpmAlg hash) {
    return switch (hash) {
      case SHA256 -> Optional.of(Bank.SHA256);
      case SHA384 -> Optional.of(Bank.SHA384);
      case SHA512 -> Optional.of(Bank.SHA512);
      default -> Optional.empty();
    };
  }
}
