// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * A token bucket for each {@link AddressKey}.
 *
 * <p>At most {@value #MOST} addresses are remembered. Beyond them all others share one bucket, so that
 * an attacker with many addresses gets no memory for them; a bucket that is full again is forgotten.
 */
final class RateLimiter {
  static final int MOST = 65_536;

  private static final AddressKey SHARED = new AddressKey(0, 0);

  private final DoorsConfig.Rate rate;
  private final LongSupplier nanos;
  private final ConcurrentHashMap<AddressKey, Bucket> buckets = new ConcurrentHashMap<>();
  private final LongAdder refused = new LongAdder();

  /**
   * Nobody has asked yet.
   *
   * @param nanos a clock such as {@link System#nanoTime}
   */
  RateLimiter(DoorsConfig.Rate rate, LongSupplier nanos) {
    this.rate = rate;
    this.nanos = nanos;
  }

  /** Takes a token of the address. False where it has none, and then nothing is taken. */
  boolean take(InetAddress address) {
    AddressKey key = AddressKey.of(address);
    Bucket known = buckets.get(key);
    if (known == null) {
      AddressKey place = buckets.size() < MOST ? key : SHARED;
      known = buckets.computeIfAbsent(place, unused -> new Bucket(nanos.getAsLong()));
    }
    boolean taken = known.take(nanos.getAsLong());
    if (!taken) {
      refused.increment();
    }
    return taken;
  }

  /** How often it said no since this was asked last. */
  long refusedSince() {
    return refused.sumThenReset();
  }

  /** Seconds until there is a token again for sure. */
  int retryAfterSeconds() {
    return 1;
  }

  /** Forgets those who may ask as often as anybody. */
  void forget() {
    long now = nanos.getAsLong();
    buckets.values().removeIf(bucket -> bucket.isFull(now));
  }

  int remembered() {
    return buckets.size();
  }

  /** Tokens of one address. */
  private final class Bucket {
    // Both guarded by this.
    private long filledAt;
    private double tokens = rate.burst();

    Bucket(long now) {
      this.filledAt = now;
    }

    synchronized boolean take(long now) {
      fill(now);
      if (tokens < 1) {
        return false;
      }
      tokens--;
      return true;
    }

    synchronized boolean isFull(long now) {
      fill(now);
      return tokens >= rate.burst();
    }

    private void fill(long now) {
      double earned = (now - filledAt) * (double) rate.perSecond() / TimeUnit.SECONDS.toNanos(1);
      tokens = Math.min(rate.burst(), tokens + Math.max(0, earned));
      filledAt = now;
    }
  }
}
