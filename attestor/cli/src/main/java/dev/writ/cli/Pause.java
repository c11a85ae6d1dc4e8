// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.time.Duration;

/** Waits between two looks at something. */
final class Pause {
  private Pause() {}

  /** Waits; false where the thread was asked to end meanwhile. */
  static boolean of(Duration time) {
    try {
      Thread.sleep(time.toMillis());
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
