// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.crypto.signers.StandardDSAEncoding;

/** ECDSA with P-256 and SHA-256 around what CKM_ECDSA does: the digest before, the encoding after. */
final class EcdsaP256 {
  /** r ‖ s, 32 bytes each: RFC 7518, section 3.4, and what CKM_ECDSA gives. */
  static final int SIGNATURE_BYTES = 64;

  private static final BigInteger ORDER =
      SECNamedCurves.getByOID(SECObjectIdentifiers.secp256r1).getN();

  private EcdsaP256() {}

  static byte[] digest(byte[] message) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(message);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256; this one has not", e);
    }
  }

  /** The DER form of r ‖ s: Ecdsa-Sig-Value, RFC 3279, section 2.2.3. */
  static byte[] der(byte[] signature) {
    BigInteger r = new BigInteger(1, Arrays.copyOf(signature, SIGNATURE_BYTES / 2));
    BigInteger s =
        new BigInteger(1, Arrays.copyOfRange(signature, SIGNATURE_BYTES / 2, SIGNATURE_BYTES));
    try {
      return StandardDSAEncoding.INSTANCE.encode(ORDER, r, s);
    } catch (IOException e) {
      throw new IllegalStateException("two numbers must have a DER form", e);
    }
  }

  static boolean verifies(ECPublicKey key, byte[] message, byte[] signature)
      throws GeneralSecurityException {
    Signature verifier = Signature.getInstance("SHA256withECDSAinP1363Format");
    verifier.initVerify(key);
    verifier.update(message);
    return signature.length == SIGNATURE_BYTES && verifier.verify(signature);
  }
}
