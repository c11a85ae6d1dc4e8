// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

/**
 * A defect of the service itself, met while it answered: the caller is told no more than that there is
 * no answer, the log gets the rest.
 *
 * <p>What is logged may name what a caller sent; secrets (PINs, MAC keys, activation secrets) are in no
 * exception's message.
 */
final class Defect {
  /** What the caller is told. */
  static final Denial DENIAL =
      Denial.unavailable(
          "service_defect",
          "the service must come to an answer, and failed by a defect of its own; its log says which");

  private Defect() {}

  /**
   * Logs it.
   *
   * @param step what the service was doing
   */
  static void log(String step, Throwable defect) {
    System.getLogger(Defect.class.getName())
        .log(System.Logger.Level.ERROR, step + " failed by a defect and was denied", defect);
  }
}
