// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.UuidV7;
import io.vertx.core.http.HttpConnection;
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
 * @param ids names its requests
 * @param observer is told what happens
 * @param callers says who asks, where what is served takes a role
 */
record Door(
    String name,
    SocketAddress address,
    HttpServerOptions options,
    RouteTable routes,
    DoorsConfig.Limits limits,
    Load load,
    Optional<RateLimiter> rate,
    RequestIds ids,
    DoorObserver observer,
    Optional<Callers> callers) {
  /** Sees that nothing which takes a role is served where nobody asks for it, nor the other way round. */
  Door {
    boolean roles = callers.isPresent();
    if (routes.operations().stream().anyMatch(each -> each.roles().isPresent() != roles)) {
      throw new IllegalStateException(
          "bug: all that the " + name + " door serves must take a role" + ", or nothing");
    }
  }

  /** Whoever asks for an operation and has no role for it; empty where it may be called. */
  Optional<Caller> without(RouteTable.Operation wanted, HttpConnection connection) {
    return caller(wanted, connection)
        .filter(caller -> !caller.hasOneOf(wanted.roles().orElseThrow()));
  }

  /** Whoever asks for an operation that takes a role. */
  Optional<Caller> caller(RouteTable.Operation wanted, HttpConnection connection) {
    return wanted.roles().isPresent()
        ? Optional.of(callers.orElseThrow().of(connection))
        : Optional.empty();
  }

  /** Whether the address has asks left; takes one. */
  boolean mayAsk(@Nullable SocketAddress remote) {
    Optional<InetAddress> client = addressOf(remote);
    return rate.isEmpty() || client.isEmpty() || rate.get().take(client.get());
  }

  private static Optional<InetAddress> addressOf(@Nullable SocketAddress remote) {
    if (remote == null || !remote.isInetSocket() || remote.hostAddress() == null) {
      return Optional.empty();
    }
    try {
      // A literal: nothing is looked up.
      return Optional.of(InetAddress.getByName(remote.hostAddress()));
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

  /** A request was told that it is refused, by the door or by the service, and no leaf says so. */
  void told(UuidV7 id, Problem problem, String operation, @Nullable SocketAddress remote) {
    observer.told(
        new RefusedRequest(
            id, problem.code(), problem.reason(), name, operation, addressOf(remote)));
  }

  /** A request was answered. */
  void answered(String operation, int status) {
    observer.answered(name, operation, status);
  }
}
