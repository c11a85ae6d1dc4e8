// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.UuidV7;
import io.vertx.core.net.SocketAddress;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The lines that the log has of one request: an answer's for whoever looks for faults, a refusal's for all. */
final class ExchangeLog {
  private static final System.Logger LOG = System.getLogger(Exchange.class.getName());

  private final Door door;
  private final SocketAddress remote;

  /** When it came, by {@link System#nanoTime}. */
  private final long began;

  ExchangeLog(Door door, SocketAddress remote, long began) {
    this.door = door;
    this.remote = remote;
    this.began = began;
  }

  void answered(String operation, int status) {
    if (LOG.isLoggable(System.Logger.Level.DEBUG)) {
      LOG.log(System.Logger.Level.DEBUG, "answered", fields(operation, status, door.ids().next()));
    }
  }

  /**
   * It was refused.
   *
   * @param id by which whoever asked is told of it
   * @param message for the log alone
   */
  void refused(String operation, Problem problem, UuidV7 id, Optional<String> message) {
    System.Logger.Level level =
        switch (problem.status()) {
          case 503 -> System.Logger.Level.WARNING;
          // Who floods the door must not flood the log too; it has their number.
          case 429 -> System.Logger.Level.DEBUG;
          default -> System.Logger.Level.INFO;
        };
    if (LOG.isLoggable(level)) {
      LogFields fields =
          fields(operation, problem.status(), id)
              .and("code", problem.code().wire())
              .and("reason", problem.reason());
      if (problem.decision().isPresent()) {
        fields = fields.and("decision_id", problem.decision().get().toString());
      }
      LogFields told = fields;
      LOG.log(level, "refused", message.map(text -> told.and("message", text)).orElse(told));
    }
  }

  private LogFields fields(String operation, int status, UuidV7 id) {
    return LogFields.of("request_id", id.toString())
        .and("operation", operation)
        .and("status", status)
        .and("address", door.nameOf(remote))
        .and("duration_ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began));
  }
}
