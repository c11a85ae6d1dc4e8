// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JwkThumbprint;
import dev.writ.policy.Env;
import dev.writ.tlog.Hash;
import io.vertx.core.http.HttpConnection;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * What the connection over which something came shows of whoever sent it.
 *
 * @param looked whether it was looked at
 * @param clientKey thumbprint (RFC 7638) of the key that its client proved to hold, in this connection's
 *     own handshake, or of a key that is not of P-256 a digest that is no thumbprint; absent where it is
 *     without TLS, or its client showed none
 * @param identity whom the client's certificate names under the roots of initiators
 */
record Channel(boolean looked, Optional<Hash> clientKey, Optional<TlsIdentity> identity) {
  /** Nobody looked. */
  static final Channel UNSEEN = new Channel(false, Optional.empty(), Optional.empty());

  /** It is nobody's. */
  static final Channel ANONYMOUS = new Channel(true, Optional.empty(), Optional.empty());

  /** What a connection of a door shows; where that asks for clients' keys, {@link ClientKeys} looked. */
  static Channel of(HttpConnection connection, TlsInitiators initiators) {
    @Nullable SSLSession session = connection.sslSession();
    if (session == null) {
      return ANONYMOUS;
    }
    try {
      X509Certificate[] chain =
          Arrays.copyOf(
              session.getPeerCertificates(),
              session.getPeerCertificates().length,
              X509Certificate[].class);
      return new Channel(
          true, Optional.of(thumbprint(chain[0].getPublicKey())), initiators.of(chain, session));
    } catch (SSLPeerUnverifiedException e) {
      return ANONYMOUS;
    }
  }

  private static Hash thumbprint(PublicKey key) {
    try {
      if (key instanceof ECPublicKey ec) {
        return JwkThumbprint.of(ec);
      }
    } catch (IllegalArgumentException e) {
      // It is of another curve.
    }
    return Hash.sha256(key.getEncoded());
  }

  /** Whether it is of somebody who holds another key than this one, and is no initiator either. */
  boolean isOfAnother(Hash jkt) {
    return clientKey.isPresent() && !clientKey.get().equals(jkt) && identity.isEmpty();
  }

  /** Whom it names as the initiator of what the holder of this key asks: that is never the holder. */
  Optional<TlsIdentity> initiatorOf(Hash jkt) {
    return clientKey.equals(Optional.of(jkt)) ? Optional.empty() : identity;
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
