// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as a governance order is none. */
public final class MalformedOrderException extends MalformedDocumentException {
  private static final String FORMAT = "governance order";

  MalformedOrderException(String field, String mustBe, String was) {
    super(FORMAT, field, mustBe, was);
  }

  MalformedOrderException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedOrderException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
