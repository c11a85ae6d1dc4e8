// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/** Clients' certificates that a door took none of: each is counted, and the log has one line a second. */
final class RefusedClients {
  static final String REASON = "client_certificate_refused";

  private static final System.Logger LOG = System.getLogger(RefusedClients.class.getName());

  private final DoorObserver observer;

  @GuardedBy("this")
  private long count;

  @GuardedBy("this")
  private String last = "";

  RefusedClients(DoorObserver observer) {
    this.observer = observer;
  }

  /**
   * One was refused.
   *
   * @param sentence what must hold, and what was
   */
  void refused(String sentence) {
    observer.clientRefused();
    synchronized (this) {
      count++;
      last = sentence;
    }
  }

  /** Writes how many there were since the last time, and what was wrong with the last of them. */
  void log() {
    long refused;
    String sentence;
    synchronized (this) {
      refused = count;
      sentence = last;
      count = 0;
    }
    if (refused > 0) {
      LOG.log(
          System.Logger.Level.INFO, REASON, LogFields.of("count", refused, "message", sentence));
    }
  }
}
