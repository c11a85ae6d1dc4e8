// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds a path from a certificate of a TPM's key to a root, and validates it by RFC 5280, 6.
 *
 * <p>Java's own path builder is not used: it judges validity at one given moment, and a chain that
 * has run out must still be found. Candidates are built here from names and signatures, bounded in
 * length and number; each is then validated by Java at the moment when its youngest certificate
 * began. A self-signed root is put in the path, below an anchor of its own name and key, so that its
 * path length and name constraints hold too, which Java does not read from an anchor.
 */
final class EndorsementPath {
  /** Certificates between a key's and its root; real chains have one or two, on-die CAs four. */
  private static final int MAX_INTERMEDIATES = 6;

  /** Signatures verified in one search. */
  private static final int MAX_SIGNATURES = 64;

  private final EndorsementTrust trust;
  private final List<X509Certificate> intermediates;
  private final List<List<X509Certificate>> candidates = new ArrayList<>();
  private int signatures;

  /** The longest path that was found, to a root or not. */
  private List<X509Certificate> deepest = List.of();

  /** The result of a search. */
  sealed interface Outcome {}

  /** A valid path, the key's certificate first and root last. */
  record Found(List<X509Certificate> certificates) implements Outcome {
    X509Certificate root() {
      return certificates.get(certificates.size() - 1);
    }

    byte[] rootBytes() {
      try {
        return root().getEncoded();
      } catch (CertificateEncodingException e) {
        throw new IllegalStateException("bug: a parsed certificate has no encoding", e);
      }
    }
  }

  /** Paths lead to a root, and each breaks a rule. */
  record Broken(String defect) implements Outcome {}

  /** No path leads to a root. */
  record Unrooted(MissingIssuer missing) implements Outcome {}

  EndorsementPath(EndorsementTrust trust, List<X509Certificate> intermediates) {
    this.trust = trust;
    this.intermediates = intermediates;
  }

  Outcome find(X509Certificate leaf) {
    extend(List.of(leaf));
    Optional<String> defect = Optional.empty();
    for (List<X509Certificate> candidate : candidates) {
      defect = defect(candidate);
      if (defect.isEmpty()) {
        return new Found(candidate);
      }
    }
    return defect.isPresent()
        ? new Broken(defect.get())
        : new Unrooted(MissingIssuer.of(deepest.get(deepest.size() - 1)));
  }

  /** Collects every path from {@code path} to a root. */
  private void extend(List<X509Certificate> path) {
    X509Certificate last = path.get(path.size() - 1);
    if (path.size() > deepest.size()) {
      deepest = path;
    }
    for (X509Certificate root : trust.roots()) {
      if (issued(root, last)) {
        candidates.add(plus(path, root));
      }
    }
    if (path.size() <= MAX_INTERMEDIATES) {
      for (X509Certificate intermediate : intermediates) {
        if (!path.contains(intermediate) && issued(intermediate, last)) {
          extend(plus(path, intermediate));
        }
      }
    }
  }

  private boolean issued(X509Certificate issuer, X509Certificate subject) {
    if (!issuer.getSubjectX500Principal().equals(subject.getIssuerX500Principal())
        || signatures >= MAX_SIGNATURES) {
      return false;
    }
    signatures++;
    try {
      subject.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static List<X509Certificate> plus(List<X509Certificate> path, X509Certificate next) {
    List<X509Certificate> longer = new ArrayList<>(path);
    longer.add(next);
    return Collections.unmodifiableList(longer);
  }

  /** What is wrong with a path, if anything. */
  private static Optional<String> defect(List<X509Certificate> path) {
    X509Certificate root = path.get(path.size() - 1);
    Date youngest =
        path.stream()
            .map(X509Certificate::getNotBefore)
            .max(Comparator.naturalOrder())
            .orElseThrow();
    List<X509Certificate> validated = path;
    if (!EndorsementTrust.isSelfSigned(root)) {
      // Another's key signed it, so that it cannot stand in the path below itself. It has no name
      // constraints; its path length is held to here.
      validated = path.subList(0, path.size() - 1);
      if (path.size() - 2 > root.getBasicConstraints()) {
        return Optional.of("the path is longer than its root allows");
      }
    }
    try {
      PKIXParameters parameters =
          new PKIXParameters(
              Set.of(new TrustAnchor(root.getSubjectX500Principal(), root.getPublicKey(), null)));
      // Lists are judged separately: that none was given is a finding, not a refusal.
      parameters.setRevocationEnabled(false);
      parameters.setDate(youngest);
      CertPathValidator.getInstance("PKIX")
          .validate(
              CertificateFactory.getInstance("X.509").generateCertPath(validated), parameters);
      return Optional.empty();
    } catch (CertPathValidatorException e) {
      return Optional.of(e.getMessage() + " (certificate " + e.getIndex() + " of the chain)");
    } catch (CertificateException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    } catch (InvalidAlgorithmParameterException | NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java platform cannot validate certificate paths", e);
    }
  }

  /** The first certificate of the path that a list given revokes, however old that list is. */
  Optional<X509Certificate> revoked(Found path) {
    for (int i = 0; i < path.certificates().size() - 1; i++) {
      X509Certificate certificate = path.certificates().get(i);
      for (X509CRL crl : lists(path.certificates().get(i + 1))) {
        if (crl.isRevoked(certificate)) {
          return Optional.of(certificate);
        }
      }
    }
    return Optional.empty();
  }

  /** Whether each certificate below the root has a list of its issuer that is current. */
  boolean isRevocationChecked(Found path, Instant now) {
    return path.certificates().stream()
        .skip(1)
        .allMatch(issuer -> lists(issuer).stream().anyMatch(crl -> isCurrent(crl, now)));
  }

  /**
   * RFC 5280, 5.1.2.5: the next list is issued by nextUpdate, which every list must have. One with a
   * critical extension is of a part of what its issuer revoked (5.2.4, 5.2.5).
   */
  private static boolean isCurrent(X509CRL crl, Instant now) {
    Date next = crl.getNextUpdate();
    Set<String> critical = crl.getCriticalExtensionOIDs();
    return next != null
        && (critical == null || critical.isEmpty())
        && !crl.getThisUpdate().toInstant().isAfter(now)
        && !next.toInstant().isBefore(now);
  }

  private List<X509CRL> lists(X509Certificate issuer) {
    return trust.crls().stream().filter(crl -> signed(issuer, crl)).toList();
  }

  private static boolean signed(X509Certificate issuer, X509CRL crl) {
    if (!crl.getIssuerX500Principal().equals(issuer.getSubjectX500Principal())) {
      return false;
    }
    try {
      crl.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
