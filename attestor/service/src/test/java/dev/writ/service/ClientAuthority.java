// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Who vouches for TLS clients. */
final class ClientAuthority {
  private final KeyPair pair;
  private final X509Certificate certificate;
  private final List<X509Certificate> above;
  private long serial = 1;

  private ClientAuthority(KeyPair pair, X509Certificate certificate, List<X509Certificate> above) {
    this.pair = pair;
    this.certificate = certificate;
    this.above = above;
  }

  static ClientAuthority root(String name) throws Exception {
    KeyPair pair = SoftwareHost.newKeyPair();
    X500Principal itself = new X500Principal("CN=" + name);
    return new ClientAuthority(
        pair, sign(pair, authority(itself, itself, pair, BigInteger.ONE)), List.of());
  }

  /** One below. */
  ClientAuthority issuing(String name) throws Exception {
    KeyPair below = SoftwareHost.newKeyPair();
    X500Principal itself = new X500Principal("CN=" + name);
    X509Certificate signed =
        sign(
            pair,
            authority(
                certificate.getSubjectX500Principal(),
                itself,
                below,
                BigInteger.valueOf(++serial)));
    List<X509Certificate> chain = new ArrayList<>(List.of(signed));
    chain.addAll(above);
    return new ClientAuthority(below, signed, chain);
  }

  X509Certificate certificate() {
    return certificate;
  }

  /** What it was before it was renewed: the same name and key, and its time is over. */
  X509Certificate ended() throws Exception {
    X500Principal itself = certificate.getSubjectX500Principal();
    Instant now = Instant.now();
    return sign(
        pair,
        authority(
            itself,
            itself,
            pair,
            BigInteger.TWO,
            now.minus(Duration.ofDays(9)),
            now.minus(Duration.ofHours(3))));
  }

  /** What a certificate may be otherwise than usual. */
  record Terms(String subject, List<String> uris, KeyPurposeId purpose, Instant end) {
    static Terms of(String... uris) {
      return new Terms(
          "CN=client",
          List.of(uris),
          KeyPurposeId.id_kp_clientAuth,
          Instant.now().plus(Duration.ofDays(1)));
    }

    Terms named(String other) {
      return new Terms(other, uris, purpose, end);
    }

    Terms meantFor(KeyPurposeId other) {
      return new Terms(subject, uris, other, end);
    }

    Terms until(Instant other) {
      return new Terms(subject, uris, purpose, other);
    }
  }

  ClientCertificate client(KeyPair key, Terms terms) throws Exception {
    X500Principal subject = new X500Principal(terms.subject());
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            certificate.getSubjectX500Principal(),
            BigInteger.valueOf(++serial),
            Date.from(Instant.now().minus(Duration.ofHours(2))),
            Date.from(terms.end()),
            subject,
            key.getPublic());
    builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(terms.purpose()));
    if (!terms.uris().isEmpty()) {
      GeneralName[] names =
          terms.uris().stream()
              .map(uri -> new GeneralName(GeneralName.uniformResourceIdentifier, uri))
              .toArray(GeneralName[]::new);
      builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
    }
    List<X509Certificate> chain = new ArrayList<>(List.of(sign(pair, builder)));
    chain.addAll(above);
    return new ClientCertificate(key, chain);
  }

  private static JcaX509v3CertificateBuilder authority(
      X500Principal issuer, X500Principal itself, KeyPair pair, BigInteger serial)
      throws Exception {
    Instant now = Instant.now();
    return authority(
        issuer, itself, pair, serial, now.minus(Duration.ofDays(1)), now.plus(Duration.ofDays(30)));
  }

  private static JcaX509v3CertificateBuilder authority(
      X500Principal issuer,
      X500Principal itself,
      KeyPair pair,
      BigInteger serial,
      Instant begin,
      Instant end)
      throws Exception {
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            issuer, serial, Date.from(begin), Date.from(end), itself, pair.getPublic());
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
    return builder;
  }

  private static X509Certificate sign(KeyPair by, JcaX509v3CertificateBuilder builder)
      throws Exception {
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(by.getPrivate())));
  }
}
