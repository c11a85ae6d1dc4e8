// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManagerFactory;

/** How the HTTP servers of doors are set up: what they take at most, and which TLS they speak. */
final class DoorOptions {
  /** Longest request line: no path of the contract comes near. */
  private static final int MAX_LINE = 4_096;

  /** Most bodies then come as one chunk. */
  private static final int MAX_CHUNK = 64 * 1024;

  private static final int BACKLOG = 4_096;

  private final DoorsConfig.Limits limits;

  DoorOptions(DoorsConfig.Limits limits) {
    this.limits = limits;
  }

  /** Without TLS. */
  HttpServerOptions plain() {
    return new HttpServerOptions()
        .setMaxInitialLineLength(MAX_LINE)
        .setMaxHeaderSize(limits.headerBytes())
        .setMaxChunkSize(MAX_CHUNK)
        .setAcceptBacklog(BACKLOG)
        .setHttp2ClearTextEnabled(false)
        // Exchange writes on its own loop alone.
        .setStrictThreadMode(true);
  }

  /** Over TLS 1.3, showing whatever credential is current. */
  HttpServerOptions tls(RenewedCredential credential) {
    return plain()
        .setSsl(true)
        .setKeyCertOptions(KeyCertOptions.wrap(credential.keyManager()))
        .setEnabledSecureTransportProtocols(Set.of("TLSv1.3"))
        .setUseAlpn(true)
        .setAlpnVersions(List.of(HttpVersion.HTTP_1_1))
        .setSslHandshakeTimeout(limits.arrival().toMillis())
        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
  }

  /**
   * Over TLS 1.3, of clients that show a certificate under these roots.
   *
   * @throws DoorException if the roots are not usable
   */
  HttpServerOptions mutual(RenewedCredential credential, List<X509Certificate> clientRoots)
      throws DoorException {
    return tls(credential)
        .setClientAuth(ClientAuth.REQUIRED)
        .setTrustOptions(believing(clientRoots))
        .setSslEngineOptions(new WithoutResumption());
  }

  private static TrustOptions believing(List<X509Certificate> roots) throws DoorException {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      for (int i = 0; i < roots.size(); i++) {
        store.setCertificateEntry("root-" + i, roots.get(i));
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return TrustOptions.wrap(factory.getTrustManagers()[0]);
    } catch (GeneralSecurityException | IOException e) {
      throw new DoorException("the roots of client certificates must be usable", e);
    }
  }
}
