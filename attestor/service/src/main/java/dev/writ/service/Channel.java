// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JwkThumbprint;
import dev.writ.policy.Env;
import dev.writ.tlog.Hash;
import io.vertx.core.http.HttpConnection;
import java.security.interfaces.ECPublicKey;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** What the connection over which something came shows of whoever sent it. */
sealed interface Channel {
  /** Nobody looked. */
  Channel UNSEEN = new Unseen();

  /** Nothing: it is without TLS, or its client proved to hold no key. */
  Channel ANONYMOUS = new Anonymous();

  record Unseen() implements Channel {}

  record Anonymous() implements Channel {}

  /**
   * Its client proved, in this connection's own handshake, to hold a key.
   *
   * @param thumbprint the key's, by RFC 7638
   */
  record OfKey(Hash thumbprint) implements Channel {}

  /** What a connection of a door shows; where that asks for clients' keys, {@link ClientKeys} looked. */
  static Channel of(HttpConnection connection) {
    @Nullable SSLSession session = connection.sslSession();
    if (session == null) {
      return ANONYMOUS;
    }
    try {
      return new OfKey(
          JwkThumbprint.of((ECPublicKey) session.getPeerCertificates()[0].getPublicKey()));
    } catch (SSLPeerUnverifiedException e) {
      return ANONYMOUS;
    }
  }

  /** Whether it is of somebody who holds another key than this one. */
  default boolean isOfAnother(Hash jkt) {
    return this instanceof OfKey key && !key.thumbprint().equals(jkt);
  }

  /** In the policy's words, where it is not {@linkplain #isOfAnother another's}. */
  default Optional<Env.Channel> seen() {
    if (this instanceof Unseen) {
      return Optional.empty();
    }
    return Optional.of(this instanceof OfKey ? Env.Channel.BOUND : Env.Channel.UNBOUND);
  }
}
