// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How much some doors together hold now, beside how much they may. Safe for use by many threads.
 *
 * <p>The public doors have one; each of the others has its own, so that whoever fills the public ones
 * locks out neither the operator nor who watches the service.
 */
final class Load {
  private final DoorsConfig.Limits limits;
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger streams = new AtomicInteger();
  private final AtomicLong buffered = new AtomicLong();
  // Only addresses that have a connection: no more than there are connections.
  private final ConcurrentHashMap<AddressKey, Integer> addresses = new ConcurrentHashMap<>();

  Load(DoorsConfig.Limits limits) {
    this.limits = limits;
  }

  /**
   * One more connection; false where there are too many, and then none is counted.
   *
   * @param remote from where; absent on a Unix socket
   */
  boolean connect(@Nullable InetAddress remote) {
    if (!within(connections.incrementAndGet(), limits.connections(), connections)) {
      return false;
    }
    if (remote != null
        && isCapped(remote)
        && addresses.merge(AddressKey.of(remote), 1, Integer::sum)
            > limits.connectionsPerAddress()) {
      disconnect(remote);
      return false;
    }
    return true;
  }

  /** One that {@link #connect} counted is closed. */
  void disconnect(@Nullable InetAddress remote) {
    connections.decrementAndGet();
    if (remote != null && isCapped(remote)) {
      addresses.computeIfPresent(
          AddressKey.of(remote), (key, count) -> count == 1 ? null : count - 1);
    }
  }

  /** On loopback a proxy may stand for everybody. */
  private static boolean isCapped(InetAddress remote) {
    return !remote.isLoopbackAddress();
  }

  /** One more request in the service; false where there are too many, and then none is counted. */
  boolean enter() {
    return within(requests.incrementAndGet(), limits.requests(), requests);
  }

  /** One more that reads a stream; false where there are too many, and then none is counted. */
  boolean openStream() {
    // The rest is for those who ask and go.
    return within(streams.incrementAndGet(), Math.max(1, limits.connections() / 4 * 3), streams);
  }

  void closeStream() {
    streams.decrementAndGet();
  }

  void leave() {
    requests.decrementAndGet();
  }

  /** More bytes of bodies; false where there are too many, and then none are counted. */
  boolean hold(int bytes) {
    if (buffered.addAndGet(bytes) > limits.buffered()) {
      buffered.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  void release(int bytes) {
    buffered.addAndGet(-bytes);
  }

  int connections() {
    return connections.get();
  }

  int requests() {
    return requests.get();
  }

  long buffered() {
    return buffered.get();
  }

  /** Addresses that have a connection which counts. */
  int addresses() {
    return addresses.size();
  }

  private static boolean within(int now, int most, AtomicInteger counter) {
    if (now > most) {
      counter.decrementAndGet();
      return false;
    }
    return true;
  }
}
