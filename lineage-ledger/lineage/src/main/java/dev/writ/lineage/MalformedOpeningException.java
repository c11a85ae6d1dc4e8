// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

/** Bytes that are no payload, proof bundle or artifact. */
public final class MalformedOpeningException extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedOpeningException(String sentence) {
    super(sentence);
  }

  MalformedOpeningException(String sentence, Throwable cause) {
    super(sentence + ": " + cause.getMessage(), cause);
  }
}
