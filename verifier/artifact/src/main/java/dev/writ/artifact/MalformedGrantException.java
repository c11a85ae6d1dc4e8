// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as a grant of break-glass is none. */
public final class MalformedGrantException extends MalformedDocumentException {
  private static final String FORMAT = "break-glass grant";

  MalformedGrantException(String field, String mustBe, String was) {
    super(FORMAT, field, mustBe, was);
  }

  MalformedGrantException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedGrantException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
