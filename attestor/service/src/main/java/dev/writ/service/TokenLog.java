// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.hsm.HsmException;
import dev.writ.hsm.KeySpec;
import dev.writ.hsm.TokenEvents;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Tells the log what befalls the connection to a token. */
public final class TokenLog implements TokenEvents {
  private static final System.Logger LOG = System.getLogger(TokenLog.class.getName());

  /** What the events' names begin with. */
  private final String subject;

  /** What was said last of a token that stays away: the same is not said each second. */
  private final AtomicReference<@Nullable String> said = new AtomicReference<>();

  private TokenLog(String subject) {
    this.subject = subject;
  }

  /** Of the service's token. */
  public static TokenLog ofToken() {
    return new TokenLog("token");
  }

  /** Of its replica. */
  public static TokenLog ofReplica() {
    return new TokenLog("replica");
  }

  @Override
  public void lost(HsmException cause) {
    said.set(cause.fault().name());
    LOG.log(System.Logger.Level.ERROR, subject + "_lost", fields(cause));
  }

  @Override
  public void stillAway(HsmException cause) {
    String fault = cause.fault().name();
    System.Logger.Level level =
        fault.equals(said.getAndSet(fault)) ? System.Logger.Level.DEBUG : System.Logger.Level.ERROR;
    LOG.log(level, subject + "_away", fields(cause));
  }

  @Override
  public void connected(int connection, Duration away) {
    LOG.log(
        System.Logger.Level.WARNING,
        subject + "_connected",
        LogFields.of("connection", connection, "away_ms", away.toMillis()));
  }

  @Override
  public void unreplicated(KeySpec spec, HsmException cause) {
    LOG.log(
        System.Logger.Level.WARNING,
        subject + "_lacks_key",
        LogFields.of(
            "key",
            spec.toString(),
            "message",
            "the key signs in the token alone until the replica has the same: "
                + cause.getMessage()));
  }

  @Override
  public void replicated(KeySpec spec) {
    LOG.log(System.Logger.Level.INFO, subject + "_has_key", LogFields.of("key", spec.toString()));
  }

  private static LogFields fields(HsmException cause) {
    return LogFields.of(
        "code",
        cause.ckrName().orElse(cause.fault().name()),
        "message",
        String.valueOf(cause.getMessage()));
  }
}
