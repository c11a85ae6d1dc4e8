// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.MalformedDocumentException;
import dev.writ.evidence.MalformedEvidenceException;

/** A request is not of its form: which field, what it must be, what it was. */
final class MalformedRequest extends Exception {
  private static final long serialVersionUID = 1;

  MalformedRequest(String sentence) {
    // Hostile input throws many of these: without a stack trace they cost little.
    super(sentence, null, false, false);
  }

  MalformedRequest(MalformedDocumentException cause) {
    this(String.valueOf(cause.getMessage()));
  }

  /** A TPM structure in {@code member} of the body. */
  MalformedRequest(String member, MalformedEvidenceException cause) {
    this("JSON, field " + member + ": " + cause.getMessage());
  }
}
