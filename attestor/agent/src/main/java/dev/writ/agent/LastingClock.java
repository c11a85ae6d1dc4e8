// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.function.LongSupplier;

/**
 * A clock that goes on where another cannot be read: from what that said last, by the time that this process
 * knows. What is to end by it ends, then.
 */
final class LastingClock implements LongSupplier {
  private final LongSupplier clock;

  @GuardedBy("this")
  private long read;

  @GuardedBy("this")
  private long readAtNanos;

  /** Reads the clock for the first time, when it must be there. */
  LastingClock(LongSupplier clock) {
    this.clock = clock;
    this.read = clock.getAsLong();
    this.readAtNanos = System.nanoTime();
  }

  @Override
  public synchronized long getAsLong() {
    try {
      long now = clock.getAsLong();
      read = now;
      readAtNanos = System.nanoTime();
      return now;
    } catch (RuntimeException e) {
      return read + (System.nanoTime() - readAtNanos) / 1_000_000;
    }
  }
}
