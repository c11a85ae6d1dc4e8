// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What was given as a redemption statement is none. */
public final class MalformedRedemptionException extends MalformedDocumentException {
  private static final String FORMAT = "redemption statement";

  MalformedRedemptionException(String field, String mustBe, String was) {
    super(FORMAT, field, mustBe, was);
  }

  MalformedRedemptionException(MalformedDocumentException cause) {
    super(FORMAT, cause);
  }

  MalformedRedemptionException(InvalidValueException cause) {
    super(FORMAT, cause);
  }
}
