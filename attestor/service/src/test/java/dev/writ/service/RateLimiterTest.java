// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How often an address may ask. */
final class RateLimiterTest {
  private long now = Long.MAX_VALUE - 5;
  private final RateLimiter limiter = new RateLimiter(new DoorsConfig.Rate(10, 3), () -> now);

  private boolean take(String address) throws UnknownHostException {
    return limiter.take(InetAddress.getByName(address));
  }

  private void pass(long millis) {
    // Wraps, as System.nanoTime may.
    now += TimeUnit.MILLISECONDS.toNanos(millis);
  }

  @Test
  void burst_isThere_andComesBackWithTime() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(take("192.0.2.1")).isTrue();
    }
    assertThat(take("192.0.2.1")).isFalse();
    pass(99);
    assertThat(take("192.0.2.1")).isFalse();
    pass(2);
    assertThat(take("192.0.2.1")).isTrue();
    assertThat(take("192.0.2.1")).isFalse();
    pass(60_000);
    for (int i = 0; i < 3; i++) {
      assertThat(take("192.0.2.1")).isTrue();
    }
    assertThat(take("192.0.2.1")).isFalse();
  }

  @Test
  void addresses_haveBucketsOfTheirOwn() throws Exception {
    for (int i = 0; i < 4; i++) {
      assertThat(take("192.0.2.1")).isEqualTo(i < 3);
    }
    assertThat(take("192.0.2.2")).isTrue();
    // The first four bytes of an IPv6 address are no IPv4 address.
    assertThat(take("c000:201::1")).isTrue();
  }

  @Test
  void addressesOfOneNetwork_shareABucketInIpv6() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(take("2001:db8:1:2::" + i)).isTrue();
    }
    assertThat(take("2001:db8:1:2:ffff::")).isFalse();
    assertThat(take("2001:db8:1:3::")).isTrue();
  }

  @Test
  void addressesBeyondTheMost_shareOneBucket() throws Exception {
    for (int i = 0; i < RateLimiter.MOST; i++) {
      assertThat(take("10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255))).isTrue();
    }
    for (int i = 0; i < 3; i++) {
      assertThat(take("11.0.0." + i)).isTrue();
    }
    assertThat(take("11.0.0.9")).isFalse();
    assertThat(limiter.remembered()).isEqualTo(RateLimiter.MOST + 1);
    pass(1_000);
    limiter.forget();
    assertThat(limiter.remembered()).isZero();
  }
}
