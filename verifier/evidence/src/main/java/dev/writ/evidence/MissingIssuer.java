// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1IA5String;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.AccessDescription;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;

/**
 * The certificate that a path lacks, as the last certificate before the gap describes it. Nothing of
 * the description was verified: it helps a person to find the certificate, and none is fetched.
 *
 * @param name its distinguished name (RFC 2253), of a longer one the first 512 characters and {@code …}
 * @param keyId its subject key identifier in hexadecimal digits (RFC 5280, 4.2.1.1), where it is named
 * @param location where it is published (RFC 5280, 4.2.2.1, caIssuers), an http or https URL, where
 *     one is named
 */
public record MissingIssuer(String name, Optional<String> keyId, Optional<String> location) {
  /** Longest key identifier in bytes that is repeated; they are digests. */
  private static final int MAX_KEY_ID = 64;

  /** Longest name in characters that is repeated: a certificate has room for one of thousands. */
  private static final int MAX_NAME = 512;

  /** Messages and logs repeat the name, and a control character in it must not begin a line there. */
  private static final Pattern UNPRINTABLE = Pattern.compile("\\p{C}");

  private static final Pattern URL = Pattern.compile("https?://[!-~]{1,248}");

  /** What {@code certificate} says of its issuer. */
  static MissingIssuer of(X509Certificate certificate) {
    return new MissingIssuer(name(certificate), keyId(certificate), location(certificate));
  }

  private static String name(X509Certificate certificate) {
    String name = certificate.getIssuerX500Principal().getName();
    String shown = name.length() > MAX_NAME ? name.substring(0, MAX_NAME) : name;
    // The cut may have left half of a pair of surrogates, which is unprintable too.
    return UNPRINTABLE.matcher(shown).replaceAll("?") + (name.length() > MAX_NAME ? "…" : "");
  }

  private static Optional<String> keyId(X509Certificate certificate) {
    try {
      return extension(certificate, Extension.authorityKeyIdentifier.getId())
          .map(value -> AuthorityKeyIdentifier.getInstance(value).getKeyIdentifierOctets())
          .filter(id -> id.length <= MAX_KEY_ID)
          .map(HexFormat.of()::formatHex);
    } catch (RuntimeException e) {
      // Bouncy Castle throws several kinds of these; what cannot be read is not said.
      return Optional.empty();
    }
  }

  private static Optional<String> location(X509Certificate certificate) {
    try {
      Optional<byte[]> value = extension(certificate, Extension.authorityInfoAccess.getId());
      if (value.isPresent()) {
        for (AccessDescription access :
            AuthorityInformationAccess.getInstance(value.get()).getAccessDescriptions()) {
          GeneralName at = access.getAccessLocation();
          if (access.getAccessMethod().equals(AccessDescription.id_ad_caIssuers)
              && at.getTagNo() == GeneralName.uniformResourceIdentifier
              && URL.matcher(ASN1IA5String.getInstance(at.getName()).getString()).matches()) {
            return Optional.of(ASN1IA5String.getInstance(at.getName()).getString());
          }
        }
      }
      return Optional.empty();
    } catch (RuntimeException e) {
      return Optional.empty();
    }
  }

  private static Optional<byte[]> extension(X509Certificate certificate, String oid) {
    return Optional.ofNullable(certificate.getExtensionValue(oid))
        .map(value -> ASN1OctetString.getInstance(value).getOctets());
  }

  /** The name, and the key where it is known: several CAs of one name are common. */
  @Override
  public String toString() {
    return name + keyId.map(id -> " with key identifier " + id).orElse("");
  }
}
