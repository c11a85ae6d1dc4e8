// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.security.GeneralSecurityException;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
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

  private final Set<X509Certificate> roots;
  private final InstantSource clock;

  TlsInitiators(List<X509Certificate> roots, InstantSource clock) {
    this.roots = Set.copyOf(roots);
    this.clock = clock;
  }

  /** Whether any client could be known. */
  boolean isAny() {
    return !roots.isEmpty();
  }

  /**
   * What a chain came to when it was validated.
   *
   * @param by the roots and clock by which it was
   * @param begins when all of it had begun
   * @param ends when the first of it ends
   */
  private record Validated(
      TlsInitiators by, Optional<TlsIdentity> identity, Instant begins, Instant ends) {
    Optional<TlsIdentity> at(Instant now) {
      return now.isBefore(begins) || now.isAfter(ends) ? Optional.empty() : identity;
    }
  }

  /**
   * Who showed this over the connection of this session: the first who asks has it validated, and after
   * that its time is compared. Nothing else of a chain changes while its connection stands.
   */
  Optional<TlsIdentity> of(X509Certificate[] chain, SSLSession connection) {
    if (roots.isEmpty()) {
      return Optional.empty();
    }
    if (connection.getValue(KEPT) instanceof Validated before && before.by() == this) {
      return before.at(clock.instant());
    }
    Validated validated = validated(chain);
    connection.putValue(KEPT, validated);
    return validated.at(clock.instant());
  }

  private Validated validated(X509Certificate[] chain) {
    Instant begins = Instant.MIN;
    Instant ends = Instant.MAX;
    for (X509Certificate each : chain) {
      Instant begun = each.getNotBefore().toInstant();
      Instant ended = each.getNotAfter().toInstant();
      begins = begun.isAfter(begins) ? begun : begins;
      ends = ended.isBefore(ends) ? ended : ends;
    }
    return new Validated(this, of(chain), begins, ends);
  }

  /** Who showed this; empty where it is not valid under the roots, or names nobody. */
  Optional<TlsIdentity> of(X509Certificate[] chain) {
    if (roots.isEmpty() || chain.length == 0 || chain.length > MOST_CERTIFICATES) {
      return Optional.empty();
    }
    try {
      for (X509Certificate each : chain) {
        if (each.getEncoded().length > MAX_BYTES) {
          return Optional.empty();
        }
      }
      return isOfAClient(chain[0]) && isValid(chain) ? TlsIdentity.of(chain[0]) : Optional.empty();
    } catch (GeneralSecurityException e) {
      return Optional.empty();
    }
  }

  private static boolean isOfAClient(X509Certificate certificate) throws GeneralSecurityException {
    List<String> usages = certificate.getExtendedKeyUsage();
    boolean[] keyUsage = certificate.getKeyUsage();
    return certificate.getBasicConstraints() == NO_AUTHORITY
        && (usages == null || usages.stream().anyMatch(CLIENTS::contains))
        && (keyUsage == null || keyUsage[0]);
  }

  private boolean isValid(X509Certificate[] chain) throws GeneralSecurityException {
    // A root that is sent along is no link of the chain.
    List<X509Certificate> links =
        List.of(chain).stream().filter(each -> !roots.contains(each)).toList();
    if (links.isEmpty() || !links.get(0).equals(chain[0])) {
      return false;
    }
    CertPath path = CertificateFactory.getInstance("X.509").generateCertPath(links);
    PKIXParameters parameters =
        new PKIXParameters(
            roots.stream()
                .map(root -> new TrustAnchor(root, null))
                .collect(Collectors.toUnmodifiableSet()));
    parameters.setRevocationEnabled(false);
    parameters.setDate(Date.from(clock.instant()));
    // It throws where the path does not hold.
    var unused = CertPathValidator.getInstance("PKIX").validate(path, parameters);
    return true;
  }
}
