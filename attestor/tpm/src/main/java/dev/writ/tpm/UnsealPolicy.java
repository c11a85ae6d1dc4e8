// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A state of the host in which something may be unsealed, until the counter is raised the next time:
 * TPM2_PolicyPCR over these values, then TPM2_PolicyNV, the counter being equal to this number.
 *
 * @param pcrs at least one, each once, in their order
 * @param counter of the NV index {@link Tpm#UNSEAL_COUNTER_INDEX}
 */
public record UnsealPolicy(List<PcrValue> pcrs, long counter) {
  /** TPM_EO_EQ, Part 2 section 6.14. */
  static final int EQUALS = 0x0000;

  /**
   * The policy as given.
   *
   * @throws IllegalArgumentException if there are no PCRs, or they are in another order
   */
  public UnsealPolicy {
    pcrs = List.copyOf(pcrs);
    if (pcrs.isEmpty()) {
      throw new IllegalArgumentException("a policy must name at least one PCR, names none");
    }
    for (int i = 1; i < pcrs.size(); i++) {
      if (pcrs.get(i - 1).pcr().compareTo(pcrs.get(i).pcr()) >= 0) {
        throw new IllegalArgumentException(
            String.format(
                "PCRs must be listed once each, by bank and number; %s comes after %s",
                pcrs.get(i).pcr(), pcrs.get(i - 1).pcr()));
      }
    }
  }

  /** The PCRs as a TPML_PCR_SELECTION. */
  byte[] selection() {
    return Pcr.selection(pcrs.stream().map(PcrValue::pcr).toList());
  }

  byte[] pcrDigest() {
    return PolicyDigest.ofPcrs(pcrs.stream().map(PcrValue::value).toList());
  }

  /** The counter as its index holds it. */
  byte[] operand() {
    return ByteBuffer.allocate(Long.BYTES).putLong(counter).array();
  }

  /** What an approver signs, and what a session arrives at in this state. */
  PolicyDigest digest() {
    return PolicyDigest.start()
        .pcr(selection(), pcrDigest())
        .nv(operand(), EQUALS, NvCounter.Place.UNSEALING.name());
  }

  /** The digest of the policy, 32 bytes (TPM2_PolicyGetDigest). */
  public byte[] digestBytes() {
    return digest().bytes();
  }
}
