// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What became of one run of the generator.
 *
 * @param offered how many exchanges were to be begun in its time
 * @param issued how many ended with an artifact
 * @param failures how many ended otherwise, by what
 * @param elapsed from the first exchange's time to the last answer
 * @param whole from the time at which an exchange was to begin to the last byte of the bundle, in
 *     microseconds: what waits for a connection waits in it
 * @param challenge the first request alone, from its sending
 * @param application the second request alone, from its sending
 */
public record LoadResult(
    long offered,
    long issued,
    Map<String, Long> failures,
    Duration elapsed,
    Histogram whole,
    Histogram challenge,
    Histogram application) {
  private static final double COMPLETED = 0.99;

  /** Artifacts a second, answered. */
  public double perSecond() {
    return issued * 1e9 / elapsed.toNanos();
  }

  /** Whether no exchange failed, the answers kept pace, and 99 of 100 came within {@code p99}. */
  public boolean isHeld(double offeredPerSecond, Duration p99) {
    return failures.isEmpty()
        && perSecond() >= COMPLETED * offeredPerSecond
        && millis(whole, 99) <= p99.toMillis();
  }

  /** A percentile in milliseconds. */
  public static double millis(Histogram histogram, double percentile) {
    return (double) histogram.getValueAtPercentile(percentile) / TimeUnit.MILLISECONDS.toMicros(1);
  }

  @Override
  public String toString() {
    return String.format(
        "%.0f/s, p50 %.1f ms, p99 %.1f ms, max %.1f ms, failures %s",
        perSecond(), millis(whole, 50), millis(whole, 99), millis(whole, 100), failures);
  }
}
