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

/**
 * What the connection over which something came shows of whoever sent it.
 *
 * @param looked whether it was looked at
 * @param clientKey thumbprint (RFC 7638) of the key that its client proved to hold, in this connection's
 *     own handshake; absent where it is without TLS, or its client showed none
 */
record Channel(boolean looked, Optional<Hash> clientKey) {
  /** Nobody looked. */
  static final Channel UNSEEN = new Channel(false, Optional.empty());

  /** It is nobody's. */
  static final Channel ANONYMOUS = new Channel(true, Optional.empty());

  /** What a connection of a door shows; where that asks for clients' keys, {@link ClientKeys} looked. */
  static Channel of(HttpConnection connection) {
    @Nullable SSLSession session = connection.sslSession();
    if (session == null) {
      return ANONYMOUS;
    }
    try {
      ECPublicKey key = (ECPublicKey) session.getPeerCertificates()[0].getPublicKey();
      return new Channel(true, Optional.of(JwkThumbprint.of(key)));
    } catch (SSLPeerUnverifiedException e) {
      return ANONYMOUS;
    }
  }

  /** Whether it is of somebody who holds another key than this one. */
  boolean isOfAnother(Hash jkt) {
    return clientKey.isPresent() && !clientKey.get().equals(jkt);
  }

  /**
   * In the policy's words, for an application of the key with this thumbprint: bound only where the
   * client holds that very key.
   */
  Optional<Env.Channel> seen(Hash jkt) {
    if (!looked) {
      return Optional.empty();
    }
    boolean bound = clientKey.isPresent() && clientKey.get().equals(jkt);
    return Optional.of(bound ? Env.Channel.BOUND : Env.Channel.UNBOUND);
  }
}
