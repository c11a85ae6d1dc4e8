// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One event loop of a {@link Door}: a server beside others on one address, and its connections. */
final class DoorLoop extends VerticleBase {
  private static final System.Logger LOG = System.getLogger(DoorLoop.class.getName());

  private final Door door;
  private final Connections connections;
  private final Unanswered unanswered;
  private @Nullable HttpServer server;
  private @Nullable StreamReaders readers;

  DoorLoop(Door door) {
    this.door = door;
    this.connections = new Connections(door.limits());
    this.unanswered = new Unanswered(door.limits());
  }

  @Override
  public Future<?> start() {
    HttpServer made =
        vertx
            .createHttpServer(door.options())
            .connectionHandler(this::connected)
            .requestHandler(request -> new Exchange(this, request).begin())
            .invalidRequestHandler(this::invalid)
            .exceptionHandler(
                e ->
                    LOG.log(
                        System.Logger.Level.DEBUG,
                        "connection_failed",
                        LogFields.of("message", String.valueOf(e))));
    server = made;
    readers = new StreamReaders(context);
    long sweep = sweepMillis(door.limits());
    vertx.setPeriodic(sweep, tick -> sweep(System.nanoTime()));
    return made.listen(door.address());
  }

  /** Often enough that nobody stays much longer than he may. */
  private static long sweepMillis(DoorsConfig.Limits limits) {
    long shortest =
        Math.min(
            limits.answer().toMillis(),
            Math.min(limits.idle().toMillis(), limits.arrival().toMillis()));
    return Math.max(10, Math.min(1_000, shortest / 8));
  }

  private void sweep(long now) {
    // First those that are owed an answer: it starts their connection's time.
    unanswered.sweep(now);
    connections.sweep(now);
    readers().sweep(now);
  }

  private void connected(HttpConnection connection) {
    Framing.show(connection, door.options());
    connections.opened(connection, System.nanoTime());
    connection.closeHandler(closed -> connections.closed(connection));
  }

  /** What is no HTTP. The connection is closed by whoever read it, once the answer is written. */
  private void invalid(HttpServerRequest request) {
    Connections.Connection connection = connections.of(request.connection());
    if (connection != null && connection.isEnding()) {
      return;
    }
    Throwable cause = request.decoderResult().cause();
    Problem problem;
    if (cause instanceof TooLongHttpLineException) {
      problem = Problem.uriTooLong(door.options().getMaxInitialLineLength());
    } else if (cause instanceof TooLongHttpHeaderException) {
      problem = Problem.headerTooLarge(door.limits().headerBytes());
    } else {
      problem = Problem.malformed("the request must be HTTP/1.1 (RFC 9112), was not");
    }
    new Exchange(this, request).refuseAndClose(problem);
  }

  Door door() {
    return door;
  }

  Connections connections() {
    return connections;
  }

  Unanswered unanswered() {
    return unanswered;
  }

  /** Those who read a stream. */
  StreamReaders readers() {
    StreamReaders made = readers;
    if (made == null) {
      throw new IllegalStateException("bug: a loop was used before it began");
    }
    return made;
  }

  Context context() {
    return context;
  }

  /** The port on which it listens. */
  int port() {
    return server == null ? 0 : server.actualPort();
  }

  /** Takes no more connections, and ends those there are when their requests are answered, or late. */
  Future<Void> shutdown(Duration patience) {
    HttpServer open = server;
    StreamReaders reading = readers;
    if (open == null || reading == null) {
      return Future.succeededFuture();
    }
    // A stream ends by nothing else.
    context.runOnContext(now -> reading.closeAll());
    return open.shutdown(patience.toMillis(), TimeUnit.MILLISECONDS);
  }
}
