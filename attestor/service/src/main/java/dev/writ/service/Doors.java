// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The service's HTTP doors.
 *
 * <pre>
 * plain         http, loopback addresses only        public
 * tls           https, TLS 1.3 only                  public, of clients with a key and without
 * operator      http on a Unix socket, 0600          operator, by role
 * operator_tls  https with a client certificate      operator, by role
 * metrics       http, loopback addresses only        metrics and health
 * </pre>
 *
 * <p>A connection belongs to one event loop, which reads, parses, and writes; whatever may wait is done
 * elsewhere and handed back. The contract is {@code openapi.yaml}.
 */
public final class Doors implements AutoCloseable {
  /** Reads of the ledger wait no longer than a monitor does. */
  private static final Limits.Pool READS = new Limits.Pool(2, 512, Duration.ofSeconds(1));

  /** Metrics are gathered beside those reads, however many the public asks for. */
  private static final Limits.Pool SCRAPES = new Limits.Pool(1, 16, Duration.ofSeconds(5));

  /** Explanations read much of the store: neither a scrape nor a read of the ledger waits for them. */
  private static final Limits.Pool EXPLANATIONS = new Limits.Pool(1, 8, Duration.ofSeconds(5));

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  static {
    // Vert.x answers requests that ask for a WebSocket, or name an HTTP version it does not know,
    // by
    // itself and not by a problem. Without WebSockets it leaves them to us.
    System.setProperty("vertx.disableWebsockets", "true");
  }

  private final Vertx vertx;
  private final DoorsConfig config;
  private final InstantSource clock;
  private final RequestIds ids;
  private final DoorOptions options;
  private final Loads loads;
  private final GatedTransport transport = GatedTransport.platform();
  private final DoorObserver observer;
  private final TlsInitiators initiators;
  private final Optional<RateLimiter> rate;
  private final Map<String, List<DoorLoop>> loops = new LinkedHashMap<>();
  private final List<AutoCloseable> owned = new ArrayList<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private int freePorts;

  private Doors(
      DoorsConfig config,
      InstantSource clock,
      Loads loads,
      DoorObserver observer,
      TlsInitiators initiators,
      List<AutoCloseable> owned) {
    this.config = config;
    this.clock = clock;
    this.ids = new RequestIds(clock);
    this.options = new DoorOptions(config.limits());
    this.loads = loads;
    this.observer = observer;
    this.initiators = initiators;
    this.owned.addAll(owned);
    this.rate = config.limits().rate().map(rate -> new RateLimiter(rate, System::nanoTime));
    this.vertx =
        Vertx.builder()
            .withTransport(transport)
            .with(
                new VertxOptions()
                    .setEventLoopPoolSize(config.limits().loops() + 1)
                    // Nothing of ours runs on these two.
                    .setWorkerPoolSize(1)
                    .setInternalBlockingPoolSize(1)
                    .setFileSystemOptions(
                        new FileSystemOptions()
                            .setClassPathResolvingEnabled(false)
                            .setFileCachingEnabled(false)))
            .build();
  }

  /**
   * Opens the doors of a service. It is the caller's to close, after them.
   *
   * @throws DoorException if one cannot be opened; none is then
   */
  public static Doors open(WritService service, DoorsConfig config, InstantSource clock)
      throws DoorException {
    WorkPool reads = new WorkPool("reads", READS);
    WorkPool scrapes = new WorkPool("metrics", SCRAPES);
    WorkPool explanations = new WorkPool("explanations", EXPLANATIONS);
    service.telemetry().watch(List.of(reads, scrapes, explanations));
    DoorRoutes routes =
        DoorRoutes.of(
            service,
            reads,
            scrapes,
            explanations,
            config.operatorTls().flatMap(DoorsConfig.MutualTls::authzenUrl));
    Loads loads = Loads.of(config.limits());
    DoorMetrics metrics = new DoorMetrics(service, loads, clock);
    List<AutoCloseable> owned = List.of(metrics, reads, scrapes, explanations);
    TlsInitiators initiators = service.initiators().tls();
    return open(new Doors(config, clock, loads, metrics, initiators, owned), routes);
  }

  static Doors open(
      DoorsConfig config, DoorRoutes routes, DoorObserver observer, InstantSource clock)
      throws DoorException {
    TlsInitiators none = new TlsInitiators(List.of(), clock);
    Loads loads = Loads.of(config.limits());
    return open(new Doors(config, clock, loads, observer, none, List.of()), routes);
  }

  private static Doors open(Doors doors, DoorRoutes routes) throws DoorException {
    try {
      doors.openAll(routes);
      return doors;
    } catch (DoorException | RuntimeException e) {
      doors.close();
      throw e;
    }
  }

  private void openAll(DoorRoutes routes) throws DoorException {
    if (config.plain().isPresent()) {
      InetSocketAddress address = DoorAddress.loopback("the plain door", config.plain().get());
      open(
          "plain",
          address,
          options.plain(),
          routes.open(),
          loads.open(),
          rate,
          config.limits().loops());
    }
    if (config.tls().isPresent()) {
      DoorsConfig.Tls tls = config.tls().get();
      HttpServerOptions shown = options.tls(credential("tls", tls.credentials()));
      if (routes.open().looksAtClients()) {
        RefusedClients refused = new RefusedClients(observer);
        ClientKeys.askFor(shown, clock, refused, initiators);
        vertx.setPeriodic(TimeUnit.SECONDS.toMillis(1), tick -> refused.log());
      }
      open(
          "tls",
          DoorAddress.resolved(tls.address()),
          shown,
          routes.open(),
          loads.open(),
          rate,
          config.limits().loops());
    }
    if (config.operatorSocket().isPresent()) {
      openSocket(config.operatorSocket().get(), routes.operator());
    }
    if (config.operatorTls().isPresent()) {
      DoorsConfig.MutualTls mutual = config.operatorTls().get();
      InetSocketAddress address = DoorAddress.resolved(mutual.address());
      open(
          "operator_tls",
          address,
          options.mutual(credential("operator_tls", mutual.credentials()), mutual.clientRoots()),
          routes.operator(),
          loads.operatorTls(),
          Optional.empty(),
          1,
          Optional.of(Callers.among(mutual.clients(), mutual.clientRoots(), clock)));
    }
    if (config.metrics().isPresent()) {
      InetSocketAddress address = DoorAddress.loopback("the metrics door", config.metrics().get());
      open(
          "metrics",
          address,
          options.plain(),
          routes.metrics(),
          loads.metrics(),
          Optional.empty(),
          1);
    }
    rate.ifPresent(
        limiter -> {
          vertx.setPeriodic(TimeUnit.SECONDS.toMillis(10), tick -> limiter.forget());
          vertx.setPeriodic(TimeUnit.SECONDS.toMillis(1), tick -> logRefused(limiter));
        });
  }

  private static void logRefused(RateLimiter limiter) {
    long refused = limiter.refusedSince();
    if (refused > 0) {
      System.getLogger(Doors.class.getName())
          .log(System.Logger.Level.INFO, "rate_limited", LogFields.of("count", refused));
    }
  }

  /** One at which nobody needs a role. */
  private void open(
      String name,
      InetSocketAddress address,
      HttpServerOptions options,
      RouteTable routes,
      Load load,
      Optional<RateLimiter> limiter,
      int instances)
      throws DoorException {
    open(name, address, options, routes, load, limiter, instances, Optional.empty());
  }

  private void open(
      String name,
      InetSocketAddress address,
      HttpServerOptions options,
      RouteTable routes,
      Load load,
      Optional<RateLimiter> limiter,
      int instances,
      Optional<Callers> callers)
      throws DoorException {
    String host = address.getAddress().getHostAddress();
    // A free port must be one for all loops of a door: those that ask with one number share it.
    SocketAddress where =
        address.getPort() == 0
            ? SocketAddress.sharedRandomPort(++freePorts, host)
            : SocketAddress.inetSocketAddress(address.getPort(), host);
    open(
        new Door(
            name, where, options, routes, config.limits(), load, limiter, ids, observer, callers),
        instances);
  }

  private void openSocket(Path path, RouteTable routes) throws DoorException {
    OperatorSocket socket = OperatorSocket.at(path);
    owned.add(socket);
    open(
        new Door(
            "operator",
            SocketAddress.domainSocketAddress(socket.toBind().toString()),
            options.plain(),
            routes,
            config.limits(),
            loads.operator(),
            Optional.empty(),
            ids,
            observer,
            Optional.of(Callers.withEach(config.socketRoles()))),
        1);
    socket.publish();
  }

  private void open(Door door, int instances) throws DoorException {
    transport.gate(new AcceptGate(door.load(), observer));
    List<DoorLoop> opened = new ArrayList<>();
    loops.put(door.name(), opened);
    for (int i = 0; i < instances; i++) {
      DoorLoop loop = new DoorLoop(door);
      await(
          vertx.deployVerticle(loop, new DeploymentOptions()),
          "the " + door.name() + " door must open at " + door.address());
      opened.add(loop);
    }
  }

  private RenewedCredential credential(String door, TlsCredentialSource source)
      throws DoorException {
    RenewedCredential credential = RenewedCredential.from(source, clock);
    owned.add(credential);
    observer.certified(door, () -> credential.current().notAfter());
    return credential;
  }

  private static <T> void await(Future<T> future, String what) throws DoorException {
    try {
      var unused =
          future
              .toCompletionStage()
              .toCompletableFuture()
              .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new DoorException(what + ": " + cause.getMessage(), cause);
    } catch (TimeoutException e) {
      throw new DoorException(what + " within " + PATIENCE.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new DoorException(what + ", and was interrupted", e);
    }
  }

  /** The port of the plain door, if there is one. */
  public OptionalInt plainPort() {
    return port("plain");
  }

  /** The port of the TLS door, if there is one. */
  public OptionalInt tlsPort() {
    return port("tls");
  }

  /** The port of the operator's TLS door, if there is one. */
  public OptionalInt operatorTlsPort() {
    return port("operator_tls");
  }

  /** The port of the metrics door, if there is one. */
  public OptionalInt metricsPort() {
    return port("metrics");
  }

  private OptionalInt port(String name) {
    List<DoorLoop> opened = loops.getOrDefault(name, List.of());
    return opened.isEmpty() ? OptionalInt.empty() : OptionalInt.of(opened.get(0).port());
  }

  /** Connections open now, over all doors. */
  int connections() {
    return loads.connections();
  }

  /** Bytes of bodies held now, over all doors. */
  long buffered() {
    return loads.buffered();
  }

  /** Requests in the service now, over all doors. */
  int requests() {
    return loads.requests();
  }

  /**
   * Takes no more connections, finishes what is under way for as long as {@link
   * DoorsConfig.Limits#drain} says, and closes. The service behind is still open then.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    List<Future<Void>> draining = new ArrayList<>();
    loops
        .values()
        .forEach(of -> of.forEach(loop -> draining.add(loop.shutdown(config.limits().drain()))));
    try {
      await(Future.join(draining), "the doors must close");
    } catch (DoorException e) {
      System.getLogger(Doors.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "doors_not_drained",
              LogFields.of("message", String.valueOf(e.getMessage())));
    }
    for (AutoCloseable one : owned) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IllegalStateException("bug: neither socket nor credential throws", e);
      }
    }
    try {
      await(vertx.close(), "the event loops must end");
    } catch (DoorException e) {
      System.getLogger(Doors.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "doors_not_closed",
              LogFields.of("message", String.valueOf(e.getMessage())));
    }
  }
}
