// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

/**
 * This host's attestation key: restricted, so that it signs only what the TPM itself vouches for.
 *
 * @param publicArea its TPMT_PUBLIC
 * @param name its name as the TPM computes it: nameAlg, then the digest of the public area
 */
public record AttestationKey(byte[] publicArea, byte[] name) {}
