// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.service.JsonLog;
import dev.writ.service.LogFields;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * How a service ends: each of its parts is closed, whatever the ones before it did. A part that cannot be
 * is logged, and the exit status says so: who restarts the service must learn of it.
 *
 * @param parts from the first to be closed to the last
 */
record Drain(List<AutoCloseable> parts) {
  private static final System.Logger LOG = System.getLogger(Drain.class.getName());

  Drain {
    parts = List.copyOf(parts);
  }

  /** Has the signal that ends the process close them all, then the log, and set the exit status. */
  void atSignal(JsonLog log) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  int status = ExitStatus.BUG;
                  try {
                    status = run();
                    log.close();
                  } finally {
                    Runtime.getRuntime().halt(status);
                  }
                },
                "drain"));
  }

  /** Waits for that signal. */
  static int awaitSignal() {
    try {
      new CountDownLatch(1).await();
      throw new IllegalStateException("bug: nothing ends the wait but a signal");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitStatus.BUG;
    }
  }

  /** Closes them all; the exit status. */
  int run() {
    int status = ExitStatus.DONE;
    for (AutoCloseable part : parts) {
      try {
        part.close();
      } catch (Throwable failure) {
        // An error, too: nothing comes after this that could show it.
        LOG.log(
            System.Logger.Level.ERROR,
            "not_closed",
            LogFields.of(
                "part", part.getClass().getSimpleName(), "message", String.valueOf(failure)));
        status = ExitStatus.BUG;
      }
    }
    return status;
  }
}
