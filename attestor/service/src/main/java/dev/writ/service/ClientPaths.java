// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXCertPathBuilderResult;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The paths from clients' certificates to configured roots, among what clients sent. What is sent along and is
 * no link of the path has no say, such as a root that was replaced and has ended; nor has the root that the
 * path comes to, which is the configuration's. Revocation lists are not asked.
 */
final class ClientPaths {
  /** More than any client needs; those who send more are known by none. */
  private static final int MOST_CERTIFICATES = 10;

  private final Set<X509Certificate> roots;
  private final Set<TrustAnchor> anchors;

  ClientPaths(List<X509Certificate> roots) {
    this.roots = Set.copyOf(roots);
    this.anchors =
        roots.stream()
            .map(root -> new TrustAnchor(root, null))
            .collect(Collectors.toUnmodifiableSet());
  }

  /** SHA-256 of the roots, in hexadecimal: whether two are of the same. */
  String roots() {
    try {
      List<String> each = new ArrayList<>();
      for (X509Certificate root : roots) {
        each.add(Hash.sha256(root.getEncoded()).hex());
      }
      each.sort(Comparator.naturalOrder());
      return Hash.sha256(String.join(",", each).getBytes(StandardCharsets.US_ASCII)).hex();
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("bug: a configured root has no encoding", e);
    }
  }

  /**
   * A path.
   *
   * @param begins when all its links had begun
   * @param ends when the first of them ends
   */
  record Path(Instant begins, Instant ends) {
    private static Path of(List<X509Certificate> links) {
      Instant begins = Instant.MIN;
      Instant ends = Instant.MAX;
      for (X509Certificate link : links) {
        Instant begun = link.getNotBefore().toInstant();
        Instant ended = link.getNotAfter().toInstant();
        begins = begun.isAfter(begins) ? begun : begins;
        ends = ended.isBefore(ends) ? ended : ends;
      }
      return new Path(begins, ends);
    }

    boolean holds(Instant now) {
      return !now.isBefore(begins) && !now.isAfter(ends);
    }
  }

  /** Whether a certificate is a configured root itself. */
  boolean isRoot(X509Certificate certificate) {
    return roots.contains(certificate);
  }

  /** The path of the first of these that holds at {@code now}; a client's own that is a root is one. */
  Optional<Path> of(X509Certificate[] sent, Instant now) {
    if (sent.length == 0 || sent.length > MOST_CERTIFICATES) {
      return Optional.empty();
    }
    if (isRoot(sent[0])) {
      return Optional.of(Path.of(List.of(sent[0]))).filter(path -> path.holds(now));
    }
    try {
      X509CertSelector target = new X509CertSelector();
      target.setCertificate(sent[0]);
      PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, target);
      parameters.setRevocationEnabled(false);
      parameters.setMaxPathLength(MOST_CERTIFICATES);
      parameters.setDate(Date.from(now));
      parameters.addCertStore(store(sent));
      PKIXCertPathBuilderResult built =
          (PKIXCertPathBuilderResult) CertPathBuilder.getInstance("PKIX").build(parameters);
      List<X509Certificate> links = new ArrayList<>();
      built.getCertPath().getCertificates().forEach(link -> links.add((X509Certificate) link));
      return Optional.of(Path.of(links));
    } catch (GeneralSecurityException e) {
      return Optional.empty();
    }
  }

  private static CertStore store(X509Certificate[] sent) throws GeneralSecurityException {
    return CertStore.getInstance(
        "Collection", new CollectionCertStoreParameters(Arrays.asList(sent)));
  }
}
