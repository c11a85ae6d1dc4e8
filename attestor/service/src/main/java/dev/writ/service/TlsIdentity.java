// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.tlog.Hash;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Whom a certificate that is believed names.
 *
 * @param identity its one URI, such as a SPIFFE ID, or where it has none its subject as RFC 2253 writes it
 * @param certificate its SHA-256
 */
record TlsIdentity(String identity, Hash certificate) {
  /** {@code uniformResourceIdentifier} of GeneralName, RFC 5280 section 4.2.1.6. */
  private static final int URI = 6;

  /** No subject begins like this: an attribute's name has no colon. */
  private static final Pattern ABSOLUTE = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:\\S+");

  /** Whom it names; empty where it has several URIs, one that is none, or no name at all. */
  static Optional<TlsIdentity> of(X509Certificate certificate) {
    try {
      Hash digest = Hash.sha256(certificate.getEncoded());
      List<String> uris = uris(certificate);
      String identity =
          uris.isEmpty() ? certificate.getSubjectX500Principal().getName() : uris.get(0);
      boolean named = uris.isEmpty() ? !identity.isEmpty() : ABSOLUTE.matcher(identity).matches();
      return uris.size() > 1 || !named
          ? Optional.empty()
          : Optional.of(new TlsIdentity(identity, digest));
    } catch (CertificateParsingException | CertificateEncodingException e) {
      return Optional.empty();
    }
  }

  /** The URI in whose name a certificate is; empty where it has none, or several. */
  static Optional<String> uri(X509Certificate certificate) {
    try {
      List<String> uris = uris(certificate);
      return uris.size() == 1 ? Optional.of(uris.get(0)) : Optional.empty();
    } catch (CertificateParsingException e) {
      return Optional.empty();
    }
  }

  private static List<String> uris(X509Certificate certificate) throws CertificateParsingException {
    Collection<List<?>> names = certificate.getSubjectAlternativeNames();
    if (names == null) {
      return List.of();
    }
    return names.stream()
        .filter(name -> Integer.valueOf(URI).equals(name.get(0)))
        .map(name -> String.valueOf(name.get(1)))
        .toList();
  }
}
