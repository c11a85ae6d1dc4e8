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
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The policy by which requests are judged, with its place in the ledger.
 *
 * @param policy compiled
 * @param epoch its number
 * @param leaf hash of the leaf that put it in force
 */
record PolicyInForce(Policy policy, long epoch, Hash leaf) {
  /** The PCRs of firmware and boot loader, for a host that no reference set speaks of. */
  private static final int[] FIRMWARE_PCRS = IntStream.rangeClosed(0, 7).toArray();

  PolicyDocument document() {
    return policy.document();
  }

  Hash digest() {
    return digestOf(document());
  }

  static Hash digestOf(PolicyDocument document) {
    return Hash.of(document.digest().bytes());
  }

  PolicyReference reference() {
    return new PolicyReference(document().id(), document().version(), digest(), epoch);
  }

  /** What is asked of a host: the PCRs that its reference set speaks of, bank by bank. */
  PcrSelection selectionFor(String host) {
    Optional<PcrSelection> selection = Optional.empty();
    Optional<ReferenceSet> set = document().referenceSetFor(host);
    if (set.isPresent()) {
      for (Map.Entry<ReferenceSet.Bank, Map<Integer, java.util.List<String>>> bank :
          set.get().pcrs().entrySet()) {
        TpmAlg hash = algorithm(bank.getKey());
        int[] indices = bank.getValue().keySet().stream().mapToInt(Integer::intValue).toArray();
        selection =
            Optional.of(
                selection.isPresent()
                    ? selection.get().and(hash, indices)
                    : PcrSelection.of(hash, indices));
      }
    }
    return selection.orElseGet(() -> PcrSelection.of(TpmAlg.SHA256, FIRMWARE_PCRS));
  }

  /** The digests that the PCRs of a host may have. */
  ReferenceValues referenceValuesFor(String host) {
    ReferenceValues.Builder builder = ReferenceValues.builder();
    document()
        .referenceSetFor(host)
        .ifPresent(
            set ->
                set.pcrs()
                    .forEach(
                        (bank, pcrs) ->
                            pcrs.forEach(
                                (index, digests) ->
                                    digests.forEach(
                                        hex ->
                                            builder.allow(index, digest(algorithm(bank), hex))))));
    return builder.build();
  }

  private static TpmDigest digest(TpmAlg hash, String hex) {
    return new TpmDigest(hash, Octets.fromHex(hex));
  }

  private static TpmAlg algorithm(ReferenceSet.Bank bank) {
    return switch (bank) {
      case SHA256 -> TpmAlg.SHA256;
      case SHA384 -> TpmAlg.SHA384;
      case SHA512 -> TpmAlg.SHA512;
    };
  }
}
