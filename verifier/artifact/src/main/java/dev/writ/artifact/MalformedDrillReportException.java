// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as a drill's report is none. */
public final class MalformedDrillReportException extends MalformedDocumentException {
  private static final String FORMAT = "drill report";

  MalformedDrillReportException(String field, String mustBe, String was) {
    super(FORMAT, field, mustBe, was);
  }

  MalformedDrillReportException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedDrillReportException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
