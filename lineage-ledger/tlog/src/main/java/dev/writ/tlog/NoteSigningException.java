// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/** A key could not sign a note. */
public final class NoteSigningException extends Exception {
  private final String code;

  /**
   * A failure of the layer that holds the key.
   *
   * @param code what that layer calls it, such as {@code CKR_DEVICE_REMOVED}
   * @param message what must hold, what was, what to do next
   */
  public NoteSigningException(String code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** What the layer that holds the key calls the failure. */
  public String code() {
    return code;
  }
}
