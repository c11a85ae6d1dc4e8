// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.load.LoadResult;
import java.io.IOException;
import java.time.Duration;

/**
 * Looks for the greatest rate at which a service holds: nothing fails, the answers keep pace, and 99 of
 * 100 come within {@link #P99}. Short trials find it, one of a minute must confirm it.
 */
final class GreatestRate {
  /** Beyond it a queue is growing. */
  static final Duration P99 = Duration.ofMillis(100);

  static final Duration HELD = Duration.ofSeconds(60);

  private static final int TRIALS = 5;
  private static final int CONFIRMATIONS = 8;
  private static final double LESS = 0.93;

  /** Exchanges offered to the service; what became of them. */
  interface Load {
    LoadResult offer(double perSecond, Duration length) throws IOException;
  }

  /**
   * A rate and what it was held with.
   *
   * @param perSecond artifacts a second, answered
   */
  record Held(double perSecond, LoadResult result) {}

  private final Load load;
  private final Duration trial;

  GreatestRate(Load load, Duration trial) {
    this.load = load;
    this.trial = trial;
  }

  /**
   * The search.
   *
   * @param saturated how many a second were answered when as many as possible were asked
   */
  Held find(double saturated) throws IOException {
    double held = 0;
    double high = 1.05 * saturated;
    double next = 0.85 * saturated;
    for (int i = 0; i < TRIALS; i++) {
      if (isHeld(next, load.offer(next, trial))) {
        held = next;
      } else {
        high = next;
      }
      next = (held + high) / 2;
    }
    double candidate = held == 0 ? high : held;
    for (int i = 0; i < CONFIRMATIONS; i++) {
      LoadResult result = load.offer(candidate, HELD);
      if (isHeld(candidate, result)) {
        return new Held(result.perSecond(), result);
      }
      candidate *= LESS;
    }
    throw new IllegalStateException(
        "no rate was held for " + HELD + ", down to " + candidate + " artifacts/s");
  }

  private static boolean isHeld(double perSecond, LoadResult result) {
    boolean held = result.isHeld(perSecond, P99);
    System.err.printf("%.0f/s %s: %s%n", perSecond, held ? "held" : "not held", result);
    return held;
  }
}
