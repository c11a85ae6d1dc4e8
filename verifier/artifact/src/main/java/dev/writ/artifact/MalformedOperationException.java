// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as an operation, or as an approval of one, is none. */
public final class MalformedOperationException extends MalformedDocumentException {
  private static final String FORMAT = "operation";

  MalformedOperationException(String field, String mustBe, String was) {
    super(FORMAT, field, mustBe, was);
  }

  MalformedOperationException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedOperationException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
