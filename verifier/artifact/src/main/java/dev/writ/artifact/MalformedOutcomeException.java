// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as an outcome statement is none. */
public final class MalformedOutcomeException extends MalformedDocumentException {
  private static final String FORMAT = "outcome statement";

  MalformedOutcomeException(String field, String mustBe, String was) {
    super(FORMAT, field, mustBe, was);
  }

  MalformedOutcomeException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedOutcomeException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
