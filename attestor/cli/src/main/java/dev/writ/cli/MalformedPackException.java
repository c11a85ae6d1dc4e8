// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

/** An evidence pack that is none, or a member of it that is not what its name says. */
final class MalformedPackException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String field;

  /**
   * A refusal.
   *
   * @param field the member, or the part of the container
   */
  MalformedPackException(String field, String mustBe, String was) {
    super(field + " must be " + mustBe + ", was " + was);
    this.field = field;
  }

  /** The member, or the part of the container. */
  String field() {
    return field;
  }
}
