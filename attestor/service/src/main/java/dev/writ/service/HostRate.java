// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.AkName;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A token bucket for each attestation key, or for whoever else is known by a name: each decision on a host that showed to be the one that asks
 * is a leaf for ever, so no host may have as many as it likes.
 *
 * <p>As many hosts are remembered as are kept in memory anyway. One that is forgotten has a full bucket
 * again, and is forgotten only for that many others that asked since.
 */
final class HostRate {
  static final Denial EXCEEDED =
      Denial.overloaded(
          "host_rate",
          "a host must ask for no more decisions than its rate allows, and asked for more; ask later");

  private final int perSecond;
  private final int burst;
  private final LongSupplier nanos;
  private final Recent<Object, Bucket> buckets;

  /**
   * Nobody has asked yet.
   *
   * @param nanos a clock such as {@link System#nanoTime}
   */
  HostRate(Limits limits, LongSupplier nanos) {
    this(limits.hostRatePerSecond(), limits.hostBurst(), limits.hosts(), nanos);
  }

  /**
   * Nobody has asked yet.
   *
   * @param perSecond tokens that each earns; 0: as many as it likes
   * @param burst tokens that each has at most
   * @param most how many are remembered
   */
  HostRate(int perSecond, int burst, int most, LongSupplier nanos) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.nanos = nanos;
    this.buckets = new Recent<>(most);
  }

  /** Takes a token of the host. False where it has none, and then nothing is taken. */
  boolean take(AkName host) {
    return take(host, 1);
  }

  /** Takes several tokens of whoever this is. False where there are fewer, and then nothing is taken. */
  boolean take(Object who, int tokens) {
    return perSecond == 0 || bucket(who).take(nanos.getAsLong(), tokens);
  }

  private synchronized Bucket bucket(Object host) {
    return buckets
        .get(host)
        .orElseGet(
            () -> {
              Bucket full = new Bucket(nanos.getAsLong());
              buckets.put(host, full);
              return full;
            });
  }

  /** Tokens of one host. */
  private final class Bucket {
    // Both guarded by this.
    private long filledAt;
    private double tokens = burst;

    Bucket(long now) {
      this.filledAt = now;
    }

    synchronized boolean take(long now, int wanted) {
      // Threads may come out of order: what was filled is not filled twice.
      long passed = Math.max(0, now - filledAt);
      filledAt += passed;
      double earned = passed * (double) perSecond / TimeUnit.SECONDS.toNanos(1);
      tokens = Math.min(burst, tokens + earned);
      if (tokens < wanted) {
        return false;
      }
      tokens -= wanted;
      return true;
    }
  }
}
