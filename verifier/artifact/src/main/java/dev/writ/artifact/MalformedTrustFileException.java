// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as a trust file is none. */
public final class MalformedTrustFileException extends MalformedDocumentException {
  private static final String FORMAT = "trust file";

  MalformedTrustFileException(String field, String mustBe, String was) {
    super(FORMAT, field, mustBe, was);
  }

  MalformedTrustFileException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedTrustFileException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
