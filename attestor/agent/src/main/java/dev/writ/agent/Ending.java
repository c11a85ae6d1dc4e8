// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

/** How a child ended. */
public sealed interface Ending {
  /**
   * It exited by itself.
   *
   * @param status 0 to 255
   */
  record Exited(int status) implements Ending {}

  /** A signal ended it. */
  record Signalled(int signal) implements Ending {}

  /** writ-exec ended first, and with it the child, nobody can say how. */
  record Lost() implements Ending {}

  /** Reads a status of wait(2). */
  static Ending ofWaitStatus(int status) {
    int signal = status & 0x7f;
    return signal == 0 ? new Exited((status >> 8) & 0xff) : new Signalled(signal);
  }
}
