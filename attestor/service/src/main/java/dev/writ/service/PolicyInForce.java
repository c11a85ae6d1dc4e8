// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.PolicyReference;
import dev.writ.evidence.BootRules;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.ReferenceValues;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmDigest;
import dev.writ.policy.BootReference;
import dev.writ.policy.Policy;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.ReferenceSet;
import dev.writ.tlog.Hash;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The policy by which requests are judged, with its place in the ledger. */
final class PolicyInForce {
  /** The PCRs of firmware and boot loader, for a host that no reference set speaks of. */
  private static final int[] FIRMWARE_PCRS = IntStream.rangeClosed(0, 7).toArray();

  // PC Client Platform Firmware Profile 3.3.4, and where GRUB and systemd's stub measure.
  private static final int APPLICATIONS_PCR = 4;
  private static final int SECURE_BOOT_PCR = 7;
  private static final Set<Integer> COMMAND_LINE_PCRS = Set.of(8, 12);

  private static final Expected NOTHING_KNOWN =
      new Expected(
          PcrSelection.of(TpmAlg.SHA256, FIRMWARE_PCRS), ReferenceValues.builder().build());

  private final Policy policy;
  private final long epoch;
  private final Hash leaf;
  private final Hash digest;
  private final PolicyReference reference;
  private final Map<String, Expected> expected = new HashMap<>();

  /** What a reference set says in the terms of {@link dev.writ.evidence}. */
  private record Expected(PcrSelection selection, ReferenceValues values) {}

  /**
   * A policy in force.
   *
   * @param policy compiled
   * @param epoch its number
   * @param leaf hash of the leaf that put it in force
   */
  PolicyInForce(Policy policy, long epoch, Hash leaf) {
    this.policy = policy;
    this.epoch = epoch;
    this.leaf = leaf;
    PolicyDocument document = policy.document();
    this.digest = digestOf(document);
    this.reference = new PolicyReference(document.id(), document.version(), digest, epoch);
    document.referenceSets().forEach(set -> expected.put(set.name(), expected(set)));
  }

  Policy policy() {
    return policy;
  }

  long epoch() {
    return epoch;
  }

  Hash leaf() {
    return leaf;
  }

  PolicyDocument document() {
    return policy.document();
  }

  Hash digest() {
    return digest;
  }

  static Hash digestOf(PolicyDocument document) {
    return Hash.of(document.digest().bytes());
  }

  PolicyReference reference() {
    return reference;
  }

  /** What is asked of a host: the PCRs that its reference set speaks of, bank by bank. */
  PcrSelection selectionFor(String host) {
    return expectedOf(host).selection();
  }

  /** The digests that the PCRs of a host may have. */
  ReferenceValues referenceValuesFor(String host) {
    return expectedOf(host).values();
  }

  private Expected expectedOf(String host) {
    return document()
        .referenceSetFor(host)
        .flatMap(set -> Optional.ofNullable(expected.get(set.name())))
        .orElse(NOTHING_KNOWN);
  }

  private static Expected expected(ReferenceSet set) {
    ReferenceValues.Builder values = ReferenceValues.builder();
    SortedMap<ReferenceSet.Bank, SortedSet<Integer>> asked = new TreeMap<>();
    set.pcrs()
        .forEach(
            (bank, pcrs) -> {
              asked.put(bank, new TreeSet<>(pcrs.keySet()));
              pcrs.forEach(
                  (index, digests) ->
                      digests.forEach(hex -> values.allow(index, digest(bank, hex))));
            });
    set.boot()
        .ifPresent(
            boot -> {
              values.boot(rules(boot));
              if (asked.isEmpty()) {
                asked.put(ReferenceSet.Bank.SHA256, new TreeSet<>());
              }
              asked.values().forEach(indices -> indices.addAll(judgedBy(boot)));
            });
    return new Expected(selection(asked), values.build());
  }

  private static PcrSelection selection(SortedMap<ReferenceSet.Bank, SortedSet<Integer>> asked) {
    Optional<PcrSelection> selection = Optional.empty();
    for (Map.Entry<ReferenceSet.Bank, SortedSet<Integer>> bank : asked.entrySet()) {
      TpmAlg hash = algorithm(bank.getKey());
      int[] indices = bank.getValue().stream().mapToInt(Integer::intValue).toArray();
      selection =
          Optional.of(
              selection.isPresent()
                  ? selection.get().and(hash, indices)
                  : PcrSelection.of(hash, indices));
    }
    return selection.orElseThrow();
  }

  /** The PCRs by which the quote bears out what is judged of the boot's events. */
  private static Set<Integer> judgedBy(BootReference boot) {
    Set<Integer> pcrs = new TreeSet<>(boot.pcrs());
    if (boot.secureBoot()
        || !boot.dbx().isEmpty()
        || boot.db().isPresent()
        || boot.authorities().isPresent()) {
      pcrs.add(SECURE_BOOT_PCR);
    }
    if (boot.applications().isPresent()) {
      pcrs.add(APPLICATIONS_PCR);
    }
    if (boot.commandLines().isPresent()) {
      pcrs.addAll(COMMAND_LINE_PCRS);
    }
    return pcrs;
  }

  private static BootRules rules(BootReference boot) {
    return new BootRules(
        boot.pcrs(),
        boot.secureBoot(),
        octets(boot.dbx()),
        boot.db().map(PolicyInForce::octets),
        boot.authorities().map(PolicyInForce::octets),
        boot.applications().map(PolicyInForce::digests),
        boot.commandLines().map(PolicyInForce::digests),
        boot.effect() == BootReference.Effect.REFUSE);
  }

  private static Set<Octets> octets(Set<String> hex) {
    return hex.stream().map(Octets::fromHex).collect(Collectors.toSet());
  }

  private static Set<TpmDigest> digests(Map<ReferenceSet.Bank, Set<String>> allowed) {
    Set<TpmDigest> digests = new HashSet<>();
    allowed.forEach((bank, all) -> all.forEach(hex -> digests.add(digest(bank, hex))));
    return digests;
  }

  private static TpmDigest digest(ReferenceSet.Bank bank, String hex) {
    return new TpmDigest(algorithm(bank), Octets.fromHex(hex));
  }

  private static TpmAlg algorithm(ReferenceSet.Bank bank) {
    return switch (bank) {
      case SHA256 -> TpmAlg.SHA256;
      case SHA384 -> TpmAlg.SHA384;
      case SHA512 -> TpmAlg.SHA512;
    };
  }
}
