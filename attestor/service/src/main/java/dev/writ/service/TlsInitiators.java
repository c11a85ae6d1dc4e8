// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLSession;

/**
 * Clients of the public TLS door who are known under the configured roots. The chain is validated once for
 * each connection, in its handshake, and its time is compared again with each application: a certificate
 * which ended since names nobody any more. Revocation lists are not asked: certificates of initiators are
 * short.
 */
final class TlsInitiators {
  /** A client's own certificate and what stands between it and its root. */
  private static final int MOST_CERTIFICATES = 4;

  private static final int MAX_BYTES = 8 * 1024;

  /** {@code id-kp-clientAuth} and {@code anyExtendedKeyUsage}, RFC 5280 section 4.2.1.12. */
  private static final Set<String> CLIENTS = Set.of("1.3.6.1.5.5.7.3.2", "2.5.29.37.0");

  private static final int NO_AUTHORITY = -1;

  /** Under which name a connection's session keeps what its chain came to. */
  private static final String KEPT = TlsInitiators.class.getName();

  private final boolean any;
  private final ClientPaths paths;
  private final InstantSource clock;

  TlsInitiators(List<X509Certificate> roots, InstantSource clock) {
    this.any = !roots.isEmpty();
    this.paths = new ClientPaths(roots);
    this.clock = clock;
  }

  /** Whether any client could be known. */
  boolean isAny() {
    return any;
  }

  /**
   * What a chain came to when it was validated.
   *
   * @param by the roots and clock by which it was
   * @param client whom it names, and by which path; empty where it names nobody
   */
  private record Validated(TlsInitiators by, Optional<Client> client) {
    Optional<TlsIdentity> at(Instant now) {
      return client.filter(known -> known.path().holds(now)).map(Client::identity);
    }
  }

  private record Client(TlsIdentity identity, ClientPaths.Path path) {}

  /**
   * Who showed this over the connection of this session: the first who asks has it validated, and after
   * that its time is compared. Nothing else of a chain changes while its connection stands.
   */
  Optional<TlsIdentity> of(X509Certificate[] chain, SSLSession connection) {
    if (!any) {
      return Optional.empty();
    }
    if (connection.getValue(KEPT) instanceof Validated before && before.by() == this) {
      return before.at(clock.instant());
    }
    Validated validated = new Validated(this, client(chain));
    connection.putValue(KEPT, validated);
    return validated.at(clock.instant());
  }

  /** Who showed this; empty where it is not valid under the roots, or names nobody. */
  Optional<TlsIdentity> of(X509Certificate[] chain) {
    return client(chain).map(Client::identity);
  }

  private Optional<Client> client(X509Certificate[] chain) {
    if (!any || chain.length == 0 || chain.length > MOST_CERTIFICATES || paths.isRoot(chain[0])) {
      return Optional.empty();
    }
    try {
      for (X509Certificate each : chain) {
        if (each.getEncoded().length > MAX_BYTES) {
          return Optional.empty();
        }
      }
      if (!isOfAClient(chain[0])) {
        return Optional.empty();
      }
    } catch (GeneralSecurityException e) {
      return Optional.empty();
    }
    Optional<TlsIdentity> identity = TlsIdentity.of(chain[0]);
    return identity.isEmpty()
        ? Optional.empty()
        : paths.of(chain, clock.instant()).map(path -> new Client(identity.get(), path));
  }

  private static boolean isOfAClient(X509Certificate certificate) throws GeneralSecurityException {
    List<String> usages = certificate.getExtendedKeyUsage();
    boolean[] keyUsage = certificate.getKeyUsage();
    return certificate.getBasicConstraints() == NO_AUTHORITY
        && (usages == null || usages.stream().anyMatch(CLIENTS::contains))
        && (keyUsage == null || keyUsage[0]);
  }
}
