// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Answers entries and jobs whose deadline has passed, wherever they are stuck: behind a disk that does not
 * come back, or a key that does not sign.
 *
 * <p>All have the same patience, so that their deadlines come in the order in which they were
 * submitted and only the front of a queue is looked at.
 */
final class Deadlines implements AutoCloseable {
  private static final int TICKS_PER_PATIENCE = 20;

  private final Duration patience;
  private final ConcurrentLinkedQueue<Work> inFlight = new ConcurrentLinkedQueue<>();
  private final ScheduledExecutorService ticks =
      Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "ledger-deadlines"));

  Deadlines(Duration patience) {
    this.patience = patience;
    long period = Math.max(1, patience.toMillis() / TICKS_PER_PATIENCE);
    var unused = ticks.scheduleWithFixedDelay(this::tick, period, period, TimeUnit.MILLISECONDS);
  }

  static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** The deadline of what is submitted at this moment. */
  long next() {
    return System.nanoTime() + patience.toNanos();
  }

  void watch(Work work) {
    inFlight.add(work);
  }

  private void tick() {
    long now = System.nanoTime();
    for (Work front = inFlight.peek(); front != null; front = inFlight.peek()) {
      if (!front.isAnswered()) {
        if (!front.isDue(now)) {
          return;
        }
        front.expire(
            "ledger",
            "the ledger must answer within "
                + patience.toMillis()
                + " ms, did not; look at the disk's and the key's latency");
      }
      inFlight.remove(front);
    }
  }

  /** Answers all that are still in flight. */
  @Override
  public void close() {
    ticks.shutdownNow();
    inFlight.forEach(work -> work.expire("ledger", Committer.CLOSED));
  }
}
