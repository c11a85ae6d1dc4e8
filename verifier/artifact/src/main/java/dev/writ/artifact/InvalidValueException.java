// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/**
 * A value that its type cannot hold. Thrown by constructors; a parser turns it into its format's
 * checked exception, so that each rule stands once, in the type that it guards.
 */
final class InvalidValueException extends IllegalArgumentException {
  private final String field;
  private final String mustBe;
  private final String was;

  InvalidValueException(String field, String mustBe, String was) {
    super(field + ": must be " + mustBe + ", was " + was);
    this.field = field;
    this.mustBe = mustBe;
    this.was = was;
  }

  String field() {
    return field;
  }

  String mustBe() {
    return mustBe;
  }

  String was() {
    return was;
  }
}
