// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as an authorization artifact is none. */
public final class MalformedArtifactException extends MalformedDocumentException {
  private static final String FORMAT = "artifact";

  MalformedArtifactException(String field, String mustBe, String was) {
    super(FORMAT, field, mustBe, was);
  }

  MalformedArtifactException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedArtifactException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
