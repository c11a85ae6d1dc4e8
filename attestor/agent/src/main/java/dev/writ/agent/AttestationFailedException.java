// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

/**
 * This host cannot make the Evidence that is asked for, although its TPM works. The message says what
 * must hold and what to do.
 */
public final class AttestationFailedException extends Exception {
  private static final long serialVersionUID = 1;

  AttestationFailedException(String message) {
    super(message);
  }

  AttestationFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
