// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Keeps an {@link Anchor} with the tree as it grows, as often as the anchor says and when the ledger is
 * closed: nothing waits for it, so that of a crash the last while is not anchored. An anchor that fails
 * stops nothing; it is told once, and once more when it is back.
 */
final class Anchoring implements AutoCloseable {
  private static final long TICK_MILLIS = 1_000;

  /** Between two attempts, where an anchor is kept less often than that. */
  private static final Duration RETRY = Duration.ofSeconds(10);

  private final Anchor anchor;
  private final Supplier<SignedHead> newest;
  private final LedgerEvents events;
  private final LongSupplier nanos;
  private final ScheduledExecutorService ticks =
      Executors.newSingleThreadScheduledExecutor(task -> Deadlines.daemon(task, "ledger-anchor"));
  private long kept;
  private long due;
  private boolean failed;

  /**
   * Begins at once.
   *
   * @param kept size of the tree that it is kept with already; less than 0 for none
   * @param nanos a clock such as {@link System#nanoTime}
   */
  Anchoring(
      Anchor anchor,
      long kept,
      Supplier<SignedHead> newest,
      LedgerEvents events,
      LongSupplier nanos) {
    this.anchor = anchor;
    this.newest = newest;
    this.events = events;
    this.nanos = nanos;
    this.kept = kept;
    this.due = nanos.getAsLong();
    var unused = ticks.scheduleWithFixedDelay(this::tick, 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Keeps it, if it is time and the tree has grown. */
  synchronized void tick() {
    if (nanos.getAsLong() - due >= 0) {
      keep();
    }
  }

  private synchronized void keep() {
    SignedHead head = newest.get();
    if (head.head().size() == kept) {
      return;
    }
    Duration pause = anchor.every();
    try {
      anchor.keep(head);
      kept = head.head().size();
      if (failed) {
        events.anchorBack(anchor.toString());
      }
      failed = false;
    } catch (LedgerException | RuntimeException e) {
      if (!failed) {
        events.anchorFailed(
            e instanceof LedgerException failure
                ? failure.code() + ": " + failure.getMessage()
                : "bug: " + e);
      }
      failed = true;
      pause = pause.compareTo(RETRY) < 0 ? pause : RETRY;
    }
    due = nanos.getAsLong() + pause.toNanos();
  }

  /** Keeps it with the last head. */
  @Override
  public void close() {
    ticks.shutdown();
    keep();
  }
}
