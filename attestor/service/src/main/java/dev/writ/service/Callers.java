// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.vertx.core.http.HttpConnection;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Date;
import java.util.Set;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** Says who asks at an operators' door. */
@FunctionalInterface
interface Callers {
  /** Who has a connection. */
  Caller of(HttpConnection connection);

  /** Whoever can open a socket has these roles. */
  static Callers withEach(Set<Role> roles) {
    Caller caller = new Caller("socket", roles);
    return connection -> caller;
  }

  /**
   * Whoever showed a certificate has the roles of the client that it is of, while it is in its time, and
   * so is each that was shown with it: a connection may outlast them.
   */
  static Callers among(OperatorClients clients, InstantSource clock) {
    return connection -> {
      @Nullable SSLSession session = connection.sslSession();
      try {
        if (session == null) {
          return NOBODY;
        }
        Certificate[] chain = session.getPeerCertificates();
        Date now = Date.from(clock.instant());
        for (Certificate each : chain) {
          ((X509Certificate) each).checkValidity(now);
        }
        return clients.caller((X509Certificate) chain[0]);
      } catch (SSLPeerUnverifiedException | CertificateException e) {
        return NOBODY;
      }
    };
  }

  /** Has no role. */
  Caller NOBODY = new Caller("nobody", Set.of());
}
