// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.vertx.core.http.HttpConnection;
import java.security.cert.X509Certificate;
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

  /** Whoever showed a certificate has the roles of the client that it is of. */
  static Callers among(OperatorClients clients) {
    return connection -> {
      @Nullable SSLSession session = connection.sslSession();
      try {
        return session != null
                && session.getPeerCertificates()[0] instanceof X509Certificate certificate
            ? clients.caller(certificate)
            : NOBODY;
      } catch (SSLPeerUnverifiedException e) {
        return NOBODY;
      }
    };
  }

  /** Has no role. */
  Caller NOBODY = new Caller("nobody", Set.of());
}
