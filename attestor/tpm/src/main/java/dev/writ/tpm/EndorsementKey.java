// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

/**
 * The endorsement key that a TPM makes from one of the profile's templates.
 *
 * @param kind which template
 * @param publicArea its TPMT_PUBLIC
 */
public record EndorsementKey(EndorsementKeyKind kind, byte[] publicArea) {}
