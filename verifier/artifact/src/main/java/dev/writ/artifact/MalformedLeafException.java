// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as a ledger leaf is none. */
public final class MalformedLeafException extends MalformedDocumentException {
  private static final String FORMAT = "leaf";

  MalformedLeafException(String field, String mustBe, String was) {
    super(FORMAT, field, mustBe, was);
  }

  MalformedLeafException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedLeafException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
