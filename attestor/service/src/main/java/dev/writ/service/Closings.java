// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.ArrayDeque;
import java.util.Deque;

/** Closes in reverse what was opened in order, so that nothing outlives what it stands on. */
final class Closings implements AutoCloseable {
  private final Deque<Runnable> closings = new ArrayDeque<>();

  /** Closes this before all that was opened earlier. */
  synchronized void add(Runnable closing) {
    closings.push(closing);
  }

  @Override
  public synchronized void close() {
    while (!closings.isEmpty()) {
      try {
        closings.pop().run();
      } catch (RuntimeException e) {
        // What it stands on must be given back all the same.
        Defect.log("a close", e);
      }
    }
  }
}
