// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.hsm.HsmException;
import dev.writ.hsm.TokenEvents;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Tells the log what befalls the connection to the token. */
public final class TokenLog implements TokenEvents {
  private static final System.Logger LOG = System.getLogger(TokenLog.class.getName());

  /** What was said last of a token that stays away: the same is not said each second. */
  private final AtomicReference<@Nullable String> said = new AtomicReference<>();

  @Override
  public void lost(HsmException cause) {
    said.set(cause.fault().name());
    LOG.log(System.Logger.Level.ERROR, "token_lost", fields(cause));
  }

  @Override
  public void stillAway(HsmException cause) {
    String fault = cause.fault().name();
    System.Logger.Level level =
        fault.equals(said.getAndSet(fault)) ? System.Logger.Level.DEBUG : System.Logger.Level.ERROR;
    LOG.log(level, "token_away", fields(cause));
  }

  @Override
  public void connected(int connection, Duration away) {
    LOG.log(
        System.Logger.Level.WARNING,
        "token_connected",
        LogFields.of("connection", connection, "away_ms", away.toMillis()));
  }

  private static LogFields fields(HsmException cause) {
    return LogFields.of(
        "code",
        cause.ckrName().orElse(cause.fault().name()),
        "message",
        String.valueOf(cause.getMessage()));
  }
}
