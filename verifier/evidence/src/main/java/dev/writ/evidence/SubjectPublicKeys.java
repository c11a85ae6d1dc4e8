// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.io.IOException;
import java.math.BigInteger;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Object;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.nist.NISTNamedCurves;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.RSAPublicKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/**
 * SubjectPublicKeyInfo (RFC 5280, 4.1) of a key. Apart from {@link PublicKeyArea}, so that who reads
 * and verifies quotes alone, as a host does, does not load Bouncy Castle: its jar is signed, and checking
 * that takes a one-shot command longer than verifying a quote.
 */
final class SubjectPublicKeys {
  private SubjectPublicKeys() {}

  static byte[] info(PublicKeyArea.Rsa key) {
    AlgorithmIdentifier algorithm =
        new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE);
    RSAPublicKey numbers =
        new RSAPublicKey(key.modulus().unsigned(), BigInteger.valueOf(key.exponent()));
    return der(new SubjectPublicKeyInfo(algorithm, der(numbers)));
  }

  static byte[] info(PublicKeyArea.Ecc key) {
    TpmCurve curve = key.curve();
    AlgorithmIdentifier algorithm =
        new AlgorithmIdentifier(
            X9ObjectIdentifiers.id_ecPublicKey,
            NISTNamedCurves.getOID("P-" + curve.name().substring(1)));
    // SEC 1, 2.3.3: 04 and both coordinates.
    TpmWriter point = new TpmWriter().u8(4);
    point.bytes(curve.fieldElement(key.x().unsigned()));
    point.bytes(curve.fieldElement(key.y().unsigned()));
    return der(new SubjectPublicKeyInfo(algorithm, point.toByteArray()));
  }

  private static byte[] der(ASN1Object object) {
    try {
      return object.getEncoded(ASN1Encoding.DER);
    } catch (IOException e) {
      throw new IllegalStateException("bug: a key has no encoding", e);
    }
  }
}
