// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as an attestation result is none. */
public final class MalformedAttestationResultException extends MalformedDocumentException {
  private static final String FORMAT = "attestation result";

  MalformedAttestationResultException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedAttestationResultException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
