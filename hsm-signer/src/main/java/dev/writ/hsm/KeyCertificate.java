// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;

/**
 * The certificate without which other programs' key stores do not list a key. It carries the public key
 * and names the key to people; what the key may do is said by trust files alone.
 *
 * <p>That of a key which certifies others is a CA's besides, of end entities only, because others' code
 * reads it: that of the TLS key is shown in each handshake and believed for the trust file's pin, that
 * of the attestation key goes with each certificate that it signs.
 */
final class KeyCertificate {
  /** 9999-12-31T23:59:59Z: no well-defined expiration date, RFC 5280 section 4.1.2.5. */
  private static final Instant NEVER = Instant.ofEpochSecond(253_402_300_799L);

  /** At most 20 octets with the sign, RFC 5280 section 4.1.2.2. */
  private static final int SERIAL_BITS = 127;

  private KeyCertificate() {}

  static X509Certificate selfSigned(
      KeySpec spec, PublicKey publicKey, ContentSigner signer, Instant now, SecureRandom random)
      throws GeneralSecurityException, CertIOException {
    X500Name name = new X500Name("CN=" + spec.label());
    BigInteger serial = serial(random);
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            name, serial, Date.from(now), Date.from(NEVER), name, publicKey);
    if (spec.role().certifies()) {
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
      builder.addExtension(
          Extension.subjectKeyIdentifier,
          false,
          new JcaX509ExtensionUtils().createSubjectKeyIdentifier(publicKey));
    } else {
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
    }
    return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
  }

  /** Positive, random, and never zero. */
  static BigInteger serial(SecureRandom random) {
    return new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS);
  }
}
