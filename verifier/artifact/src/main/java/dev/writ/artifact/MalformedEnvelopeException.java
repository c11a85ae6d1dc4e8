// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as a policy's envelope is none. */
public final class MalformedEnvelopeException extends MalformedDocumentException {
  private static final String FORMAT = "policy envelope";

  MalformedEnvelopeException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedEnvelopeException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
