// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.tlog.Hash;
import java.security.Provider;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Who set a request in motion: by the token that an application carries, by the certificate of whoever
 * sends it, or by both where they agree. Without either nobody is known; with one that is not good, or two
 * that do not agree, the application is denied.
 */
final class Initiators implements AutoCloseable {
  /** How often keys are read without anybody asking for one. */
  private static final Duration REFRESH = Duration.ofMinutes(5);

  private final OidcTokens tokens;
  private final TlsInitiators tls;
  private final ScheduledExecutorService reader;
  private final List<OidcKeys> keys;

  /** Who it was. */
  sealed interface Outcome {
    /** This one, or nobody. */
    record Known(Optional<Initiator> initiator) implements Outcome {}

    /** What was shown proves nobody. */
    record Denied(Denial denial) implements Outcome {}
  }

  private Initiators(
      List<OidcTokens.Issuer> issuers,
      Provider signatures,
      TlsInitiators tls,
      ScheduledExecutorService reader) {
    this.tokens = new OidcTokens(issuers, signatures);
    this.tls = tls;
    this.reader = reader;
    this.keys = issuers.stream().map(OidcTokens.Issuer::keys).toList();
  }

  /**
   * Those of a configuration. Keys are read from now on, and nobody waits for them here: an issuer that
   * is down keeps nothing from starting.
   *
   * @param signatures verifies those of tokens
   * @param nanos a clock such as {@link System#nanoTime}
   */
  static Initiators of(
      InitiatorsConfig config, Provider signatures, InstantSource clock, LongSupplier nanos) {
    ScheduledExecutorService reader =
        Executors.newScheduledThreadPool(
            Math.max(1, config.oidc().size()),
            work -> {
              Thread thread = new Thread(work, "initiator-keys");
              thread.setDaemon(true);
              return thread;
            });
    List<OidcTokens.Issuer> issuers =
        config.oidc().stream()
            .map(
                issuer ->
                    new OidcTokens.Issuer(
                        issuer,
                        new OidcKeys(
                            issuer.name(),
                            JwksSource.of(issuer.keys()),
                            issuer.keysMaxAge(),
                            nanos,
                            reader)))
            .toList();
    Initiators initiators =
        new Initiators(issuers, signatures, new TlsInitiators(config.tlsRoots(), clock), reader);
    if (!issuers.isEmpty()) {
      var unused =
          reader.scheduleWithFixedDelay(
              initiators::refresh, 0, REFRESH.toSeconds(), TimeUnit.SECONDS);
    }
    return initiators;
  }

  private void refresh() {
    for (OidcKeys each : keys) {
      var unused = each.readAgain(Duration.ZERO);
    }
  }

  /** Clients that certificates name. */
  TlsInitiators tls() {
    return tls;
  }

  /** Whether an application brings a token whose key is not there. */
  boolean lacksKeys(Application application) {
    return application.initiatorToken().isPresent()
        && tokens.lacksKey(application.initiatorToken().get());
  }

  /** Completes once keys were looked for that an application needs and that are not there. */
  CompletionStage<Void> ready(Application application) {
    return application.initiatorToken().isPresent()
        ? tokens.ready(application.initiatorToken().get())
        : CompletableFuture.completedFuture(null);
  }

  /** Who set it in motion. */
  Outcome judge(Application application, Channel channel, Instant now) {
    Optional<TlsIdentity> shown = channel.initiatorOf(application.request().jkt());
    if (application.initiatorToken().isEmpty()) {
      return shown.isEmpty() ? new Outcome.Known(Optional.empty()) : certified(shown.get());
    }
    OidcTokens.Outcome judged =
        tokens.judge(application.initiatorToken().get(), application.request(), now);
    if (judged instanceof OidcTokens.Outcome.Denied denied) {
      return new Outcome.Denied(denied.denial());
    }
    return agreeing((OidcTokens.Outcome.Good) judged, shown);
  }

  private static Outcome certified(TlsIdentity shown) {
    return Initiator.name("tls:", shown.identity())
        .<Outcome>map(
            name -> new Outcome.Known(Optional.of(new Initiator(name, List.of(proof(shown))))))
        .orElseGet(
            () ->
                denied(
                    DenialCode.UNVERIFIABLE,
                    "initiator_certificate_unfit",
                    "the client's certificate must name the initiator in at most "
                        + Initiator.MAX_NAME
                        + " characters, names it in more"));
  }

  private static Initiator.Proof proof(TlsIdentity shown) {
    return new Initiator.Proof.Certificate(shown.certificate());
  }

  /**
   * The token's, where no certificate says otherwise: that agrees with a token that is bound to it (RFC
   * 8705), and with one that names the same identity, as the two kinds of a SPIFFE ID's documents do.
   */
  private static Outcome agreeing(OidcTokens.Outcome.Good token, Optional<TlsIdentity> shown) {
    Optional<Hash> bound = token.boundCertificate();
    if (bound.isPresent() && !bound.equals(shown.map(TlsIdentity::certificate))) {
      return denied(
          DenialCode.ENVIRONMENT_MISMATCH,
          "initiator_confirmation_mismatch",
          "the initiator's token must come over a connection with the certificate that it is bound to,"
              + " and comes over another");
    }
    if (shown.isEmpty()) {
      return new Outcome.Known(Optional.of(token.initiator()));
    }
    if (bound.isEmpty() && !token.claim().equals(shown.get().identity())) {
      return denied(
          DenialCode.ENVIRONMENT_MISMATCH,
          "initiators_disagree",
          "the initiator's token and the client's certificate must name one initiator, name two");
    }
    return new Outcome.Known(
        Optional.of(
            new Initiator(
                token.initiator().name(),
                List.of(token.initiator().proofs().get(0), proof(shown.get())))));
  }

  private static Outcome denied(DenialCode code, String reason, String message) {
    return new Outcome.Denied(new Denial(code, reason, message));
  }

  @Override
  public void close() {
    reader.shutdownNow();
  }
}
