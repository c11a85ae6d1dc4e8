// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as an approval of a request is none. */
public final class MalformedRequestApprovalException extends MalformedDocumentException {
  private static final String FORMAT = "approval of a request";

  MalformedRequestApprovalException(String field, String mustBe, String was) {
    super(FORMAT, field, mustBe, was);
  }

  MalformedRequestApprovalException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedRequestApprovalException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
