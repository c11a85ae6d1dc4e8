// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

/** Bytes that are no page of a search. */
public final class MalformedPageException extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedPageException(String sentence, Throwable cause) {
    super(sentence + ": " + cause.getMessage(), cause);
  }
}
