// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

/**
 * What the attestation key said, and its signature: a quote, or a key's certification.
 *
 * @param attest a bare TPMS_ATTEST (TPM 2.0 Library Part 2, section 10.12.12), as signed
 * @param signature a TPMT_SIGNATURE (section 11.3.4)
 */
public record SignedAttest(byte[] attest, byte[] signature) {}
