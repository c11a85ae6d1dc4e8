// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

/** A log shows what its signed checkpoint does not cover, or no checkpoint to believe. */
public final class LogIntegrityException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * The failure.
   *
   * @param sentence what must hold and what was
   */
  public LogIntegrityException(String sentence) {
    super(sentence);
  }
}
