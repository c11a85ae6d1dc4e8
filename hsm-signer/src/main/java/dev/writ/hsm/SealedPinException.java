// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

/** A PIN stays sealed; the message says why, and what to do. */
public final class SealedPinException extends Exception {
  private static final long serialVersionUID = 1L;

  /** For {@code sentence}'s reason. */
  public SealedPinException(String sentence) {
    super(sentence);
  }

  /** For what {@code cause} says. */
  public SealedPinException(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
