// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

/** Bytes of this process do not come back from the strings that Java made of them. */
public final class UnfaithfulBytesException extends Exception {
  private static final long serialVersionUID = 1L;

  UnfaithfulBytesException(String message) {
    super(message);
  }
}
