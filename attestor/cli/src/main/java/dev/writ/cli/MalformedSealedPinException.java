// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

/** A file of a sealed PIN is not as it must be; the message says what must be and what was. */
final class MalformedSealedPinException extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedSealedPinException(String sentence) {
    super(sentence);
  }

  MalformedSealedPinException(Exception cause) {
    super(cause.getMessage(), cause);
  }
}
