// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an {@link EndorsementVerifier} believes: manufacturers' roots, and what helps to find and
 * judge a path to them.
 *
 * @param roots CA certificates, believed; a manufacturer's CA may be one that another's root signed
 * @param intermediates CA certificates, believed only below a root
 * @param crls revocation lists, believed where the issuer's key signed them
 */
public record EndorsementTrust(
    List<X509Certificate> roots, List<X509Certificate> intermediates, List<X509CRL> crls) {
  /** Longest certificate in bytes; those of TPMs have one to two thousand. */
  static final int MAX_CERTIFICATE = 8192;

  private static final String NAME_CONSTRAINTS = "2.5.29.30";

  /** Bit of KeyUsage, RFC 5280, 4.2.1.3. */
  private static final int KEY_CERT_SIGN = 5;

  private static final String BEGIN = "-----BEGIN ";

  private static final Pattern PEM =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

  /**
   * Refuses roots that are none.
   *
   * @throws IllegalArgumentException if a root is no CA, or has name constraints without being signed
   *     by itself: those could not be held to
   */
  public EndorsementTrust {
    roots = List.copyOf(roots);
    intermediates = List.copyOf(intermediates);
    crls = List.copyOf(crls);
    for (X509Certificate root : roots) {
      requireRoot(root);
    }
  }

  /**
   * Trust from PEM texts, each of any number of certificates with anything between them.
   *
   * @throws MalformedEvidenceException if a certificate in them is malformed
   * @throws IllegalArgumentException if a root is no CA, or has constraints that could not be held to
   */
  public static EndorsementTrust ofPem(String roots, String intermediates)
      throws MalformedEvidenceException {
    return new EndorsementTrust(certificates(roots), certificates(intermediates), List.of());
  }

  /** The same trust with these revocation lists, in PEM. */
  public EndorsementTrust withCrls(String pem) throws MalformedEvidenceException {
    return new EndorsementTrust(roots, intermediates, crls(pem));
  }

  private static List<X509CRL> crls(String pem) throws MalformedEvidenceException {
    List<X509CRL> parsed = new ArrayList<>();
    for (byte[] der : blocks(pem, "X509 CRL")) {
      parsed.add(crl(der));
    }
    return parsed;
  }

  private static X509CRL crl(byte[] der) throws MalformedEvidenceException {
    ByteArrayInputStream in = new ByteArrayInputStream(der);
    try {
      X509CRL crl = (X509CRL) x509().generateCRL(in);
      requireEnd("crl", der, in);
      return crl;
    } catch (CRLException | RuntimeException e) {
      throw malformed("crl", e);
    }
  }

  /**
   * The certificates in a file: PEM of any number with anything between them, or one in DER.
   *
   * @throws MalformedEvidenceException if a certificate in it is malformed, bytes follow the one in DER,
   *     or a block of PEM has no end
   */
  public static List<X509Certificate> certificates(byte[] file) throws MalformedEvidenceException {
    return isDer(file) ? List.of(certificate(file)) : certificates(text(file));
  }

  /**
   * The revocation lists in a file: PEM of any number with anything between them, or one in DER.
   *
   * @throws MalformedEvidenceException if a list in it is malformed, bytes follow the one in DER, or a
   *     block of PEM has no end
   */
  public static List<X509CRL> revocationLists(byte[] file) throws MalformedEvidenceException {
    return isDer(file) ? List.of(crl(file)) : crls(text(file));
  }

  /** A SEQUENCE whose length has more than one byte, the second of which no text has. */
  private static boolean isDer(byte[] file) {
    return file.length > 1 && file[0] == 0x30 && (file[1] & 0x80) != 0;
  }

  private static String text(byte[] file) {
    return new String(file, StandardCharsets.ISO_8859_1);
  }

  /** The certificates in a PEM text. */
  static List<X509Certificate> certificates(String pem) throws MalformedEvidenceException {
    List<X509Certificate> certificates = new ArrayList<>();
    for (byte[] der : blocks(pem, "CERTIFICATE")) {
      certificates.add(certificate(der));
    }
    return certificates;
  }

  static X509Certificate certificate(byte[] der) throws MalformedEvidenceException {
    if (der.length > MAX_CERTIFICATE) {
      throw new MalformedEvidenceException(
          "certificate", 0, "at most " + MAX_CERTIFICATE + " bytes", der.length + " bytes");
    }
    ByteArrayInputStream in = new ByteArrayInputStream(der);
    try {
      X509Certificate certificate = (X509Certificate) x509().generateCertificate(in);
      requireEnd("certificate", der, in);
      return certificate;
    } catch (CertificateException | RuntimeException e) {
      // Java's parser is not written to throw the latter; nor is it shown that it cannot.
      throw malformed("certificate", e);
    }
  }

  /** Two files in one would else be the first alone, and what the second revokes would hold. */
  private static void requireEnd(String field, byte[] der, ByteArrayInputStream in)
      throws MalformedEvidenceException {
    if (in.available() > 0) {
      throw new MalformedEvidenceException(
          field,
          der.length - in.available(),
          "one in DER, or PEM",
          "followed by " + in.available() + " bytes");
    }
  }

  private static List<byte[]> blocks(String pem, String label) throws MalformedEvidenceException {
    List<byte[]> blocks = new ArrayList<>();
    Matcher matcher = PEM.matcher(pem);
    int begin = pem.indexOf(BEGIN);
    while (begin >= 0) {
      if (!matcher.find(begin) || matcher.start() != begin) {
        throw new MalformedEvidenceException(
            "pem", begin, "base64 and an END of the same label after BEGIN", "something else");
      }
      begin = pem.indexOf(BEGIN, matcher.end());
      if (matcher.group(1).equals(label)) {
        try {
          blocks.add(Base64.getMimeDecoder().decode(matcher.group(2)));
        } catch (IllegalArgumentException e) {
          throw new MalformedEvidenceException("pem", matcher.start(), "base64", "something else");
        }
      }
    }
    return blocks;
  }

  private static void requireRoot(X509Certificate root) {
    String name = root.getSubjectX500Principal().getName();
    boolean[] usage = root.getKeyUsage();
    if (root.getBasicConstraints() < 0 || (usage != null && !usage[KEY_CERT_SIGN])) {
      throw new IllegalArgumentException("root " + name + " must be a CA certificate, and is not");
    }
    if (!isSelfSigned(root) && root.getExtensionValue(NAME_CONSTRAINTS) != null) {
      throw new IllegalArgumentException(
          "root "
              + name
              + " must be signed by itself, because it has name constraints; list it as an"
              + " intermediate, and the root that signed it as a root");
    }
  }

  /**
   * What a certificate's key is for (RFC 5280, 4.2.1.12); nothing where it does not say.
   *
   * @param name of the certificate, for a finding
   */
  static List<String> extendedKeyUsage(X509Certificate x509, String name)
      throws MalformedEvidenceException {
    try {
      List<String> usages = x509.getExtendedKeyUsage();
      return usages == null ? List.of() : usages;
    } catch (CertificateParsingException e) {
      throw new MalformedEvidenceException(
          name + ".extendedKeyUsage", 0, "object identifiers", String.valueOf(e.getMessage()));
    }
  }

  /** Whether a certificate's own key signed it. */
  static boolean isSelfSigned(X509Certificate certificate) {
    if (!certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
      return false;
    }
    try {
      certificate.verify(certificate.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static CertificateFactory x509() {
    try {
      return CertificateFactory.getInstance("X.509");
    } catch (CertificateException e) {
      throw new IllegalStateException("this Java platform has no X.509 certificates", e);
    }
  }

  private static MalformedEvidenceException malformed(String field, Exception e) {
    return new MalformedEvidenceException(field, 0, "X.509 in DER", String.valueOf(e.getMessage()));
  }
}
