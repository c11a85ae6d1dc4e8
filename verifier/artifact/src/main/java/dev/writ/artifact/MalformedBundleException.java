// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as a proof bundle is none. */
public final class MalformedBundleException extends MalformedDocumentException {
  private static final String FORMAT = "proof bundle";

  MalformedBundleException(String field, String mustBe, String was) {
    super(FORMAT, field, mustBe, was);
  }

  MalformedBundleException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedBundleException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
