// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as an execution request is none. */
public final class MalformedRequestException extends MalformedDocumentException {
  private static final String FORMAT = "request";

  MalformedRequestException(String field, String mustBe, String was) {
    super(FORMAT, field, mustBe, was);
  }

  MalformedRequestException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedRequestException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
