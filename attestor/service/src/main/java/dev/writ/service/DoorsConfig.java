// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where the service listens, and how much it takes. Port 0 is any free one.
 *
 * @param plain public, without TLS; on a loopback address alone
 * @param tls public, TLS 1.3
 * @param operatorSocket the operator's Unix socket
 * @param operatorTls the operator's, TLS 1.3 with client certificates
 * @param metrics metrics and health alone, without TLS; on a loopback address alone
 * @param limits how much is taken
 * @param socketRoles of whoever may open the operator's socket
 */
public record DoorsConfig(
    Optional<InetSocketAddress> plain,
    Optional<Tls> tls,
    Optional<Path> operatorSocket,
    Optional<MutualTls> operatorTls,
    Optional<InetSocketAddress> metrics,
    Limits limits,
    Set<Role> socketRoles) {
  /**
   * A door behind TLS.
   *
   * @param address where
   * @param credentials what it shows
   */
  public record Tls(InetSocketAddress address, TlsCredentialSource credentials) {}

  /**
   * A door behind TLS that asks for a certificate too.
   *
   * @param address where
   * @param credentials what it shows
   * @param clientRoots whose certificates it believes
   * @param clients who of them may do what
   * @param authzenUrl under which enforcement points reach it: {@code https}, without a slash at its end
   */
  public record MutualTls(
      InetSocketAddress address,
      TlsCredentialSource credentials,
      List<X509Certificate> clientRoots,
      OperatorClients clients,
      Optional<String> authzenUrl) {
    /** One of which nothing tells enforcement points where it is. */
    public MutualTls(
        InetSocketAddress address,
        TlsCredentialSource credentials,
        List<X509Certificate> clientRoots,
        OperatorClients clients) {
      this(address, credentials, clientRoots, clients, Optional.empty());
    }

    /**
     * Copies the roots.
     *
     * @throws IllegalArgumentException if there is none
     */
    public MutualTls {
      clientRoots = List.copyOf(clientRoots);
      if (clientRoots.isEmpty()) {
        throw new IllegalArgumentException(
            "the operator's TLS door must have at least one root of client certificates, has none");
      }
    }
  }

  /**
   * How often one address may ask: {@code burst} times at once, and {@code perSecond} on and on. An
   * address is an IPv4 address or an IPv6 /64.
   *
   * @param perSecond at least 1
   * @param burst at least 1
   */
  public record Rate(int perSecond, int burst) {
    /** Checks both. */
    public Rate {
      atLeastOne("rate.per_second", perSecond);
      atLeastOne("rate.burst", burst);
    }
  }

  /**
   * How much is taken. What is over is refused or closed; nothing waits in a queue without end.
   *
   * @param bodyBytes longest body
   * @param headerBytes longest header
   * @param connections open at once, over all public doors; one over is closed
   * @param connectionsPerAddress of them, from one address or IPv6 /64; one over is closed. Loopback
   *     addresses have no such limit
   * @param requests in the service at once, over all public doors; one over is answered 503
   * @param buffered bytes of bodies held at once, over all public doors; one over is answered 503
   * @param idle how long a connection may stay without a request, or an answer without a reader
   * @param arrival how long a body may take to arrive whole, and a TLS handshake to be made
   * @param answer how long the service may be at a request before it is answered 503
   * @param drain how long requests under way may take when the doors close
   * @param rate for each address at the public doors; unlimited where absent
   * @param loops threads that serve each public door
   */
  public record Limits(
      int bodyBytes,
      int headerBytes,
      int connections,
      int connectionsPerAddress,
      int requests,
      long buffered,
      Duration idle,
      Duration arrival,
      Duration answer,
      Duration drain,
      Optional<Rate> rate,
      int loops) {
    private static final int RESERVED_CONNECTIONS = 64;

    /** A policy in its envelope, at its longest. */
    private static final int RESERVED_BODY_BYTES = 1024 * 1024;

    private static final long RESERVED_BUFFERED = 16L * 1024 * 1024;
    private static final int RESERVED_PER_ADDRESS = 16;

    /** Checks all. */
    public Limits {
      atLeastOne("body_bytes", bodyBytes);
      atLeastOne("header_bytes", headerBytes);
      atLeastOne("connections", connections);
      atLeastOne("connections_per_address", connectionsPerAddress);
      atLeastOne("requests", requests);
      atLeastOne("buffered", buffered);
      atLeastOne("idle", idle.toMillis());
      atLeastOne("arrival", arrival.toMillis());
      atLeastOne("answer", answer.toMillis());
      atLeastOne("loops", loops);
    }

    /** What suits one node. */
    public static Limits standard() {
      return new Limits(
          // Evidence with both logs at their longest, in base64url, and the request beside it.
          3 * 1024 * 1024,
          16 * 1024,
          10_000,
          1_000,
          4_096,
          128L * 1024 * 1024,
          Duration.ofSeconds(30),
          Duration.ofSeconds(10),
          Duration.ofSeconds(15),
          Duration.ofSeconds(10),
          Optional.of(new Rate(1_000, 2_000)),
          Math.max(2, Runtime.getRuntime().availableProcessors()));
    }

    /** The same with another rate, or none. */
    public Limits withRate(Optional<Rate> other) {
      return new Limits(
          bodyBytes,
          headerBytes,
          connections,
          connectionsPerAddress,
          requests,
          buffered,
          idle,
          arrival,
          answer,
          drain,
          other,
          loops);
    }

    /**
     * Of a door that is for few, whatever the public ones take: operators and collectors of metrics
     * must come in when nobody else does.
     */
    Limits reserved() {
      int body = Math.min(bodyBytes, RESERVED_BODY_BYTES);
      return new Limits(
          body,
          headerBytes,
          RESERVED_CONNECTIONS,
          RESERVED_PER_ADDRESS,
          RESERVED_CONNECTIONS,
          Math.min(RESERVED_BUFFERED, (long) RESERVED_CONNECTIONS * body),
          idle,
          arrival,
          answer,
          drain,
          Optional.empty(),
          1);
    }
  }

  /**
   * One whose socket is the operator's in all roles: it is for the service's own user alone.
   *
   * @throws IllegalArgumentException as the other
   */
  public DoorsConfig(
      Optional<InetSocketAddress> plain,
      Optional<Tls> tls,
      Optional<Path> operatorSocket,
      Optional<MutualTls> operatorTls,
      Optional<InetSocketAddress> metrics,
      Limits limits) {
    this(plain, tls, operatorSocket, operatorTls, metrics, limits, Role.all());
  }

  /**
   * The configuration as given; that plain doors are on loopback is seen when they are opened.
   *
   * @throws IllegalArgumentException if there is no public door
   */
  public DoorsConfig {
    socketRoles = Set.copyOf(socketRoles);
    if (plain.isEmpty() && tls.isEmpty()) {
      throw new IllegalArgumentException(
          "a service must have a public door, plain on loopback or TLS, has neither");
    }
  }

  private static void atLeastOne(String field, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(field + " must be at least 1, was " + value);
    }
  }
}
