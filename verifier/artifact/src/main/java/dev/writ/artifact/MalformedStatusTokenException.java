// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as a status list token is none. */
public final class MalformedStatusTokenException extends MalformedDocumentException {
  private static final String FORMAT = "status token";

  MalformedStatusTokenException(String field, String mustBe, String was) {
    super(FORMAT, field, mustBe, was);
  }

  MalformedStatusTokenException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedStatusTokenException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
