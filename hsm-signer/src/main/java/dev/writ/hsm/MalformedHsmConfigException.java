// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

/** A token profile or key inventory that is not as it must be. */
public final class MalformedHsmConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String field;

  MalformedHsmConfigException(String source, String field, String mustBe, String was) {
    super(source + ": " + field + " must be " + mustBe + ", was " + was);
    this.field = field;
  }

  /** The key that is wrong, or {@code line N} where a line is none. */
  public String field() {
    return field;
  }
}
