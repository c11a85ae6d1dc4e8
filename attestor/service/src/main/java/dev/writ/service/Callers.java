// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.vertx.core.http.HttpConnection;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
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
   * Whoever showed a certificate has the roles of the client that it is of, while it is in its time, and so
   * is each on its path to a root: a connection may outlast them.
   */
  static Callers among(OperatorClients clients, List<X509Certificate> roots, InstantSource clock) {
    ClientPaths paths = new ClientPaths(roots);
    String kept = Callers.class.getName() + paths.roots();
    return connection -> {
      @Nullable SSLSession session = connection.sslSession();
      try {
        if (session == null) {
          return NOBODY;
        }
        X509Certificate[] sent =
            Arrays.stream(session.getPeerCertificates())
                .map(X509Certificate.class::cast)
                .toArray(X509Certificate[]::new);
        Instant now = clock.instant();
        Optional<ClientPaths.Path> path = path(session, kept, paths, sent, now);
        return path.isPresent() && path.get().holds(now) ? clients.caller(sent[0]) : NOBODY;
      } catch (SSLPeerUnverifiedException e) {
        return NOBODY;
      }
    };
  }

  /**
   * Looked for once a connection: nothing of what was sent changes while it stands.
   *
   * @param kept the name under which a session keeps it: a path is one to these roots
   */
  private static Optional<ClientPaths.Path> path(
      SSLSession session, String kept, ClientPaths paths, X509Certificate[] sent, Instant now) {
    if (session.getValue(kept) instanceof ClientPaths.Path before) {
      return Optional.of(before);
    }
    Optional<ClientPaths.Path> found = paths.of(sent, now);
    found.ifPresent(path -> session.putValue(kept, path));
    return found;
  }

  /** Has no role. */
  Caller NOBODY = new Caller("nobody", Set.of());
}
