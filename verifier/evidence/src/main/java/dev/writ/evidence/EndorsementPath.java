// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
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

  /** Signatures verified in one search with keys of configured certificates. */
  static final int MAX_SIGNATURES = 64;

  /** The same with keys of presented certificates, which whoever presents them chose. */
  static final int MAX_PRESENTED_SIGNATURES = 16;

  // What a key may be that an applicant chose, so that verifying with it costs little.
  private static final int MIN_MODULUS_BITS = 2048;
  private static final int MAX_MODULUS_BITS = 4096;
  private static final int MAX_EXPONENT_BITS = 32;

  private final EndorsementTrust trust;
  private final List<X509Certificate> presented;
  private final List<List<X509Certificate>> candidates = new ArrayList<>();
  private int signatures;
  private int presentedSignatures;
  private boolean abandoned;

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

  /** No path to a root was found with as many signatures as one search may verify. */
  record Abandoned() implements Outcome {}

  /**
   * A search.
   *
   * @param trust what is configured
   * @param presented certificates that came with the key's; those whose keys are none of EC P-256, P-384
   *     and P-521, or RSA of 2048 to 4096 bits with an exponent of at most 32, are passed over
   */
  EndorsementPath(EndorsementTrust trust, List<X509Certificate> presented) {
    this.trust = trust;
    this.presented =
        presented.stream().filter(each -> isOfBoundedCost(each.getPublicKey())).toList();
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
    if (defect.isPresent()) {
      return new Broken(defect.get());
    }
    return abandoned
        ? new Abandoned()
        : new Unrooted(MissingIssuer.of(deepest.get(deepest.size() - 1)));
  }

  /** Collects every path from {@code path} to a root. */
  private void extend(List<X509Certificate> path) {
    X509Certificate last = path.get(path.size() - 1);
    if (path.size() > deepest.size()) {
      deepest = path;
    }
    for (X509Certificate root : trust.roots()) {
      if (isNamed(root, last) && maySpend() && signed(root, last)) {
        candidates.add(plus(path, root));
      }
    }
    if (path.size() > MAX_INTERMEDIATES) {
      return;
    }
    for (X509Certificate configured : trust.intermediates()) {
      if (!path.contains(configured)
          && isNamed(configured, last)
          && maySpend()
          && signed(configured, last)) {
        extend(plus(path, configured));
      }
    }
    for (X509Certificate each : presented) {
      if (!path.contains(each)
          && isNamed(each, last)
          && maySpendPresented()
          && signed(each, last)) {
        extend(plus(path, each));
      }
    }
  }

  private static boolean isNamed(X509Certificate issuer, X509Certificate subject) {
    return issuer.getSubjectX500Principal().equals(subject.getIssuerX500Principal());
  }

  private boolean maySpend() {
    if (signatures == MAX_SIGNATURES) {
      abandoned = true;
      return false;
    }
    signatures++;
    return true;
  }

  private boolean maySpendPresented() {
    if (presentedSignatures == MAX_PRESENTED_SIGNATURES) {
      abandoned = true;
      return false;
    }
    presentedSignatures++;
    return true;
  }

  private static boolean isOfBoundedCost(PublicKey key) {
    if (key instanceof RSAPublicKey rsa) {
      int bits = rsa.getModulus().bitLength();
      return bits >= MIN_MODULUS_BITS
          && bits <= MAX_MODULUS_BITS
          && rsa.getPublicExponent().bitLength() <= MAX_EXPONENT_BITS;
    }
    return key instanceof ECPublicKey ec
        && Arrays.stream(TpmCurve.values())
            .map(TpmCurve::parameters)
            .anyMatch(known -> isSame(known, ec.getParams()));
  }

  private static boolean isSame(ECParameterSpec one, ECParameterSpec other) {
    return one.getCurve().equals(other.getCurve())
        && one.getGenerator().equals(other.getGenerator())
        && one.getOrder().equals(other.getOrder());
  }

  private static boolean signed(X509Certificate issuer, X509Certificate subject) {
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
