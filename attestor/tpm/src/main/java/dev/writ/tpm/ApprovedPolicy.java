// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

/**
 * A policy and the approver's signature on it.
 *
 * @param policy under which something may be unsealed
 * @param signature ECDSA with SHA-256 over {@link SealedData#statement}: r ‖ s, 32 bytes each
 */
public record ApprovedPolicy(UnsealPolicy policy, byte[] signature) {
  /** Length of the signature. */
  public static final int SIGNATURE_BYTES = 64;

  /**
   * The policy as signed.
   *
   * @throws IllegalArgumentException if the signature has another length
   */
  public ApprovedPolicy {
    if (signature.length != SIGNATURE_BYTES) {
      throw new IllegalArgumentException(
          "a signature must be " + SIGNATURE_BYTES + " bytes, was " + signature.length);
    }
  }
}
