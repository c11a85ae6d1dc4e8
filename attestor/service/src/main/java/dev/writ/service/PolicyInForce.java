// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.PolicyReference;
import dev.writ.evidence.Octets;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.ReferenceValues;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmDigest;
import dev.writ.policy.Policy;
import dev.writ.policy.PolicyDocument;
import dev.writ.policy.ReferenceSet;
import dev.writ.tlog.Hash;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** The policy by which requests are judged, with its place in the ledger. */
final class PolicyInForce {
  /** The PCRs of firmware and boot loader, for a host that no reference set speaks of. */
  private static final int[] FIRMWARE_PCRS = IntStream.rangeClosed(0, 7).toArray();

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
    Optional<PcrSelection> selection = Optional.empty();
    ReferenceValues.Builder values = ReferenceValues.builder();
    for (Map.Entry<ReferenceSet.Bank, Map<Integer, List<String>>> bank : set.pcrs().entrySet()) {
      TpmAlg hash = algorithm(bank.getKey());
      int[] indices = bank.getValue().keySet().stream().mapToInt(Integer::intValue).toArray();
      selection =
          Optional.of(
              selection.isPresent()
                  ? selection.get().and(hash, indices)
                  : PcrSelection.of(hash, indices));
      bank.getValue()
          .forEach(
              (index, digests) ->
                  digests.forEach(
                      hex -> values.allow(index, new TpmDigest(hash, Octets.fromHex(hex)))));
    }
    return new Expected(selection.orElseThrow(), values.build());
  }

  private static TpmAlg algorithm(ReferenceSet.Bank bank) {
    return switch (bank) {
      case SHA256 -> TpmAlg.SHA256;
      case SHA384 -> TpmAlg.SHA384;
      case SHA512 -> TpmAlg.SHA512;
    };
  }
}
