// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One door: where it is, what it serves, and to how many. Shared by its event loops.
 *
 * @param name as the log and metrics call it: {@code plain, tls, operator, operator_tls, metrics}
 * @param address where it listens
 * @param options how it listens
 * @param routes what it serves
 * @param limits how much it takes
 * @param load how much it holds, with the doors that share its limits
 * @param rate how often an address may ask; absent where any may as often as it likes
 * @param observer is told what happens
 */
record Door(
    String name,
    SocketAddress address,
    HttpServerOptions options,
    RouteTable routes,
    DoorsConfig.Limits limits,
    Load load,
    Optional<RateLimiter> rate,
    DoorObserver observer) {
  /** Whether the address has asks left; takes one. */
  boolean mayAsk(@Nullable SocketAddress remote) {
    if (rate.isEmpty() || remote == null || !remote.isInetSocket()) {
      return true;
    }
    try {
      // A literal: nothing is looked up.
      return rate.get().take(InetAddress.getByName(remote.hostAddress()));
    } catch (UnknownHostException e) {
      throw new IllegalStateException("bug: a peer's address is no literal", e);
    }
  }

  /** An address for the log. */
  String nameOf(@Nullable SocketAddress remote) {
    return remote == null || !remote.isInetSocket() || remote.hostAddress() == null
        ? "local"
        : remote.hostAddress();
  }

  /** The door refused a request by itself. */
  void refused(Problem problem) {
    observer.refused(problem);
  }

  /** A request was answered. */
  void answered(String operation, int status) {
    observer.answered(name, operation, status);
  }
}
