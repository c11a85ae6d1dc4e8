// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import java.time.Duration;

/** Something whose rate can be taken again and again. */
@FunctionalInterface
interface Contender {
  /** Works for about {@code length}; operations per second. */
  double rate(Duration length) throws Exception;

  /** One thread that does {@code operation} over and over. */
  static Contender loop(Operation operation) {
    return length -> {
      long start = System.nanoTime();
      long done = 0;
      long elapsed;
      do {
        operation.once();
        done++;
        elapsed = System.nanoTime() - start;
      } while (elapsed < length.toNanos());
      return perSecond(done, elapsed);
    };
  }

  static double perSecond(long operations, long nanos) {
    return operations * 1e9 / nanos;
  }

  /** What is done once; it fails where its outcome is not the one that must be. */
  @FunctionalInterface
  interface Operation {
    void once() throws Exception;
  }
}
