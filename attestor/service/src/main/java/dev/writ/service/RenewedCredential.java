// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The credential that a TLS door shows now. A fresh one is fetched when two thirds of the old one's life
 * are over, or an hour has gone by; where that fails the old one stays and the next attempt is a minute later. Each handshake
 * takes the one that is current, so no connection and no door has to be closed for it.
 */
final class RenewedCredential implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(RenewedCredential.class.getName());
  private static final Duration LONGEST_WAIT = Duration.ofHours(1);
  private static final Duration RETRY = Duration.ofMinutes(1);

  private final TlsCredentialSource source;
  private final InstantSource clock;
  private final ScheduledExecutorService renewal;
  private volatile Shown shown;

  /**
   * A handshake asks for key and chain one after the other, by alias: both must be of one credential,
   * so the one before stays known.
   */
  private record Shown(String alias, TlsCredential credential, @Nullable Shown before) {
    @Nullable TlsCredential named(String name) {
      if (name.equals(alias)) {
        return credential;
      }
      return before == null ? null : before.named(name);
    }

    Shown then(TlsCredential next) {
      return new Shown(
          Integer.toString(Integer.parseInt(alias) + 1), next, new Shown(alias, credential, null));
    }
  }

  private RenewedCredential(TlsCredentialSource source, TlsCredential first, InstantSource clock) {
    this.source = source;
    this.clock = clock;
    this.shown = new Shown("0", first, null);
    this.renewal =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "doors-certificate");
              thread.setDaemon(true);
              return thread;
            });
    schedule(wait(first));
  }

  /**
   * Fetches the first credential.
   *
   * @throws DoorException if there is none, or it does not hold now
   */
  static RenewedCredential from(TlsCredentialSource source, InstantSource clock)
      throws DoorException {
    TlsCredential first;
    try {
      first = source.next();
    } catch (IOException | GeneralSecurityException e) {
      throw new DoorException(
          "a TLS door must have a certificate and its key: " + e.getMessage(), e);
    }
    if (!clock.instant().isBefore(first.notAfter())) {
      throw new DoorException(
          "a TLS door's certificate must hold, ended on " + first.notAfter() + "; renew it");
    }
    RenewedCredential credential = new RenewedCredential(source, first, clock);
    source.whenSuperseded(credential::renewSoon);
    return credential;
  }

  private void renewSoon() {
    try {
      renewal.execute(this::supersede);
    } catch (RejectedExecutionException e) {
      // The door is closed: it shows nothing any more.
    }
  }

  /** When the next is due is planned already; a key that is not to be shown is not shown until then. */
  private void supersede() {
    if (!fetch()) {
      schedule(RETRY);
    }
  }

  /** What is shown now. */
  TlsCredential current() {
    return shown.credential();
  }

  /** Fetches the next credential now, on the caller's thread, and again when it is due. */
  void renew() {
    schedule(fetch() ? wait(current()) : RETRY);
  }

  /** Whether there is another. */
  private boolean fetch() {
    try {
      TlsCredential next = source.next();
      shown = shown.then(next);
      LOG.log(
          System.Logger.Level.DEBUG,
          "certificate_renewed",
          LogFields.of("until", next.notAfter().toString()));
      return true;
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      LOG.log(
          System.Logger.Level.ERROR,
          "certificate_not_renewed",
          LogFields.of(
              "until", current().notAfter().toString(), "message", String.valueOf(e.getMessage())));
      return false;
    }
  }

  private void schedule(Duration wait) {
    if (!renewal.isShutdown()) {
      var unused = renewal.schedule(this::renew, wait.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** Two thirds of the life from now to the end, an hour at most, a minute at least. */
  private Duration wait(TlsCredential credential) {
    Instant now = clock.instant();
    Duration life = Duration.between(credential.notBefore(), credential.notAfter());
    Duration left =
        Duration.between(now, credential.notBefore().plus(life.dividedBy(3).multipliedBy(2)));
    Duration wait = left.compareTo(LONGEST_WAIT) < 0 ? left : LONGEST_WAIT;
    return wait.compareTo(RETRY) < 0 ? RETRY : wait;
  }

  /** For JSSE, which asks by alias. */
  X509ExtendedKeyManager keyManager() {
    return new X509ExtendedKeyManager() {
      @Override
      public @Nullable String chooseEngineServerAlias(
          String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        Shown now = shown;
        return now.credential().key().getAlgorithm().equals(keyType) ? now.alias() : null;
      }

      @Override
      public @Nullable String chooseServerAlias(
          String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return chooseEngineServerAlias(keyType, issuers, null);
      }

      @Override
      public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        String alias = chooseEngineServerAlias(keyType, issuers, null);
        return alias == null ? null : new String[] {alias};
      }

      @Override
      public X509Certificate @Nullable [] getCertificateChain(String alias) {
        TlsCredential named = shown.named(alias);
        return named == null ? null : named.chain().toArray(new X509Certificate[0]);
      }

      @Override
      public @Nullable PrivateKey getPrivateKey(String alias) {
        TlsCredential named = shown.named(alias);
        return named == null ? null : named.key();
      }

      @Override
      public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
      }

      @Override
      public @Nullable String chooseClientAlias(
          String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null;
      }
    };
  }

  @Override
  public void close() {
    renewal.shutdownNow();
  }
}
