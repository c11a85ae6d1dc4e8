// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.evidence.BootRules;
import dev.writ.evidence.ImaPolicy;
import dev.writ.evidence.ImaSigningKey;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.ReferenceValues;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.TrustTier;
import dev.writ.policy.BootReference;
import dev.writ.policy.ImaReference;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.ReferenceSet;
import java.util.Base64;
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

/**
 * What a reference set says of hosts, in the terms of {@link dev.writ.evidence}.
 *
 * @param selection the PCRs that are asked for: those that the set speaks of, bank by bank
 * @param values what the evidence may show
 */
record Expectation(PcrSelection selection, ReferenceValues values) {
  /** The PCRs of firmware and boot loader, for a host that no reference set speaks of. */
  private static final int[] FIRMWARE_PCRS = IntStream.rangeClosed(0, 7).toArray();

  static final Expectation NOTHING_KNOWN =
      new Expectation(PcrSelection.of(TpmAlg.SHA256, FIRMWARE_PCRS), ReferenceValues.NONE);

  // PC Client Platform Firmware Profile 3.3.4, and where GRUB and systemd's stub measure.
  private static final int APPLICATIONS_PCR = 4;
  private static final int SECURE_BOOT_PCR = 7;
  private static final Set<Integer> COMMAND_LINE_PCRS = Set.of(8, 12);

  /** PCR 10, and those of which the list's first entry is an aggregate. */
  private static final Set<Integer> IMA_PCRS =
      IntStream.rangeClosed(0, 10).boxed().collect(Collectors.toSet());

  /**
   * What all reference sets of a policy say, by their names.
   *
   * @throws UnusablePolicyException if one names a key that is none
   */
  static Map<String, Expectation> ofAll(PolicyDocument document) throws UnusablePolicyException {
    Map<String, Expectation> expectations = new HashMap<>();
    for (ReferenceSet set : document.referenceSets()) {
      try {
        expectations.put(set.name(), of(set));
      } catch (MalformedEvidenceException | IllegalArgumentException e) {
        throw new UnusablePolicyException(
            "policy_reference_set",
            "the policy's reference set "
                + set.name()
                + " must be usable, and is not: "
                + e.getMessage());
      }
    }
    return expectations;
  }

  /**
   * What a reference set says.
   *
   * @throws MalformedEvidenceException if a key that it names is none
   */
  static Expectation of(ReferenceSet set) throws MalformedEvidenceException {
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
    if (set.ima().isPresent()) {
      values.ima(policy(set.ima().get()));
      if (asked.isEmpty()) {
        asked.put(ReferenceSet.Bank.SHA256, new TreeSet<>());
      }
      asked.values().forEach(indices -> indices.addAll(IMA_PCRS));
    }
    return new Expectation(selection(asked), values.build());
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
        boot.db().map(Expectation::octets),
        boot.authorities().map(Expectation::octets),
        boot.applications().map(Expectation::digests),
        boot.commandLines().map(Expectation::digests),
        boot.effect() == BootReference.Effect.REFUSE);
  }

  private static ImaPolicy policy(ImaReference ima) throws MalformedEvidenceException {
    ImaPolicy.Builder policy =
        ImaPolicy.builder().unlisted(tier(ima.unlisted())).violations(tier(ima.violations()));
    digests(ima.digests()).forEach(policy::allow);
    ima.files()
        .forEach((path, allowed) -> digests(allowed).forEach(digest -> policy.allow(path, digest)));
    for (String key : ima.signers()) {
      policy.signer(ImaSigningKey.of(Base64.getUrlDecoder().decode(key)));
    }
    ima.excluded().forEach(policy::exclude);
    ima.keyrings()
        .forEach((keyring, keys) -> octets(keys).forEach(key -> policy.key(keyring, key)));
    return policy.build();
  }

  private static TrustTier tier(ImaReference.Effect effect) {
    return switch (effect) {
      case REFUSE -> TrustTier.CONTRAINDICATED;
      case WARN -> TrustTier.WARNING;
      case COUNT -> TrustTier.NONE;
    };
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

  static TpmAlg algorithm(ReferenceSet.Bank bank) {
    return switch (bank) {
      case SHA256 -> TpmAlg.SHA256;
      case SHA384 -> TpmAlg.SHA384;
      case SHA512 -> TpmAlg.SHA512;
    };
  }
}
