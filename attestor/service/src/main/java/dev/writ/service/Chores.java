// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** What the service sees to each second, on a thread of its own: each chore knows when it is due. */
final class Chores implements AutoCloseable {
  private final List<Runnable> chores;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread daemon = new Thread(task, "writ-chores");
            daemon.setDaemon(true);
            return daemon;
          });

  Chores(Runnable... chores) {
    this.chores = List.of(chores);
  }

  void start() {
    var unused = thread.scheduleWithFixedDelay(this::run, 1, 1, TimeUnit.SECONDS);
  }

  /** Sees to all of them, where they are due. */
  void run() {
    for (Runnable chore : chores) {
      try {
        chore.run();
      } catch (RuntimeException e) {
        // One that fails must end neither the others nor its own next time.
        Defect.log("a chore", e);
      }
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
