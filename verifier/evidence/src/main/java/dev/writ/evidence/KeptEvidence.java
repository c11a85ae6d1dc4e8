// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Optional;

/**
 * A package as it is kept with a decision, {@link Evidence#kept}: all of it but its logs, of which there
 * are the digests.
 *
 * @param statements the package without its logs
 * @param bootLog SHA-256 of the boot log as it came, {@link CodedLog#bytes}; absent where none came
 * @param imaList the same of the part of the IMA list
 */
public record KeptEvidence(
    Evidence statements, Optional<TpmDigest> bootLog, Optional<TpmDigest> imaList) {
  /**
   * Parses what was kept.
   *
   * @throws MalformedEvidenceException if it is not such a package
   */
  public static KeptEvidence parse(byte[] kept) throws MalformedEvidenceException {
    return Evidence.parseKept(kept);
  }
}
