// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.JwkThumbprint;
import dev.writ.tlog.Hash;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.TrustOptions;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.time.InstantSource;
import java.util.Date;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a TLS door's clients. A client that has one may show it, in a certificate that says nothing
 * else: no name in it and no signature on it is believed. That the client holds the key is proven by TLS
 * 1.3 itself (CertificateVerify, RFC 8446, 4.4.3), in each handshake. An initiator shows a chain that is
 * valid under the roots of {@link TlsInitiators}, which names who it is.
 *
 * <p>Any other certificate ends the handshake that is not of this form: one, in its time, of at most 2,048
 * bytes, with a key of P-256.
 */
final class ClientKeys extends X509ExtendedTrustManager {
  private static final int MAX_BYTES = 2_048;

  private final InstantSource clock;

  private final RefusedClients refused;

  private final TlsInitiators initiators;

  private ClientKeys(InstantSource clock, RefusedClients refused, TlsInitiators initiators) {
    this.clock = clock;
    this.refused = refused;
    this.initiators = initiators;
  }

  /** Has a door ask its clients for their keys; it still serves those that show none. */
  @CanIgnoreReturnValue
  static HttpServerOptions askFor(
      HttpServerOptions options,
      InstantSource clock,
      RefusedClients refused,
      TlsInitiators initiators) {
    return options
        .setClientAuth(ClientAuth.REQUEST)
        .setTrustOptions(TrustOptions.wrap(new ClientKeys(clock, refused, initiators)))
        .setSslEngineOptions(new WithoutResumption());
  }

  private void check(X509Certificate @Nullable [] chain, Optional<SSLSession> connection)
      throws CertificateException {
    if (chain != null
        && connection
            .map(session -> initiators.of(chain, session))
            .orElseGet(() -> initiators.of(chain))
            .isPresent()) {
      return;
    }
    try {
      requireForm(chain);
    } catch (CertificateException e) {
      // The client is told no more than an alert.
      refused.refused(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private void requireForm(X509Certificate @Nullable [] chain) throws CertificateException {
    if (chain == null || chain.length != 1) {
      throw new CertificateException(
          "a client's key must come in one certificate, came in "
              + (chain == null ? 0 : chain.length));
    }
    int length = chain[0].getEncoded().length;
    if (length > MAX_BYTES) {
      throw new CertificateException(
          "a client's certificate must have at most " + MAX_BYTES + " bytes, has " + length);
    }
    requireP256(chain[0]);
    chain[0].checkValidity(Date.from(clock.instant()));
  }

  private static void requireP256(X509Certificate certificate) throws CertificateException {
    try {
      if (certificate.getPublicKey() instanceof ECPublicKey key) {
        Hash ignored = JwkThumbprint.of(key);
        return;
      }
    } catch (IllegalArgumentException e) {
      throw new CertificateException("a client's key must be of P-256", e);
    }
    throw new CertificateException(
        "a client's key must be of P-256, is of " + certificate.getPublicKey().getAlgorithm());
  }

  @Override
  public void checkClientTrusted(
      X509Certificate @Nullable [] chain, @Nullable String keyType, @Nullable SSLEngine engine)
      throws CertificateException {
    check(
        chain,
        engine == null ? Optional.empty() : Optional.ofNullable(engine.getHandshakeSession()));
  }

  @Override
  public void checkClientTrusted(
      X509Certificate @Nullable [] chain, @Nullable String keyType, @Nullable Socket socket)
      throws CertificateException {
    check(chain, Optional.empty());
  }

  @Override
  public void checkClientTrusted(X509Certificate @Nullable [] chain, @Nullable String keyType)
      throws CertificateException {
    check(chain, Optional.empty());
  }

  @Override
  public void checkServerTrusted(
      X509Certificate @Nullable [] chain, @Nullable String keyType, @Nullable SSLEngine engine)
      throws CertificateException {
    throw new CertificateException("no servers are believed here");
  }

  @Override
  public void checkServerTrusted(
      X509Certificate @Nullable [] chain, @Nullable String keyType, @Nullable Socket socket)
      throws CertificateException {
    throw new CertificateException("no servers are believed here");
  }

  @Override
  public void checkServerTrusted(X509Certificate @Nullable [] chain, @Nullable String keyType)
      throws CertificateException {
    throw new CertificateException("no servers are believed here");
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return new X509Certificate[0];
  }
}
