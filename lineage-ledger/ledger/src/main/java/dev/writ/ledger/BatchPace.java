// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * When the writer begins a batch: at once, but while entries come several at a time it lets a few
 * gather. A batch costs as much processor time as half a dozen entries, and its head a signature.
 *
 * <p>Owned by the writer's thread.
 */
final class BatchPace {
  /** From the beginning of one batch to the next: the longest that an entry waits here. */
  static final long GATHER_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /** So many are a batch at once. */
  static final int MANY = 8;

  private final LongSupplier nanos;
  private final LongConsumer pause;
  private long begun;
  private int size;

  BatchPace() {
    this(System::nanoTime, LockSupport::parkNanos);
  }

  /**
   * A pace.
   *
   * @param nanos a clock such as {@link System#nanoTime}
   * @param pause lets so many nanoseconds pass, or fewer
   */
  BatchPace(LongSupplier nanos, LongConsumer pause) {
    this.nanos = nanos;
    this.pause = pause;
  }

  /** Waits, once the first of {@code waiting} is there; never for who sends one after the other. */
  void gather(int waiting) {
    long left = GATHER_NANOS - (nanos.getAsLong() - begun);
    if (size > 1 && waiting < MANY && left > 0) {
      pause.accept(left);
    }
  }

  /** A batch was taken. */
  void begin(int entries) {
    begun = nanos.getAsLong();
    size = entries;
  }
}
