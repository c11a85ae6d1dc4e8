// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import sun.security.pkcs11.wrapper.CK_ATTRIBUTE;
import sun.security.pkcs11.wrapper.PKCS11Constants;

/**
 * Makes a P-256 key pair in a token.
 *
 * <p>Both halves are born with their final names and attributes by one C_GenerateKeyPair, so that no
 * crash leaves a key without a name. What must not be is said as well as what must: tokens' defaults
 * differ (SoftHSM's keys are not sensitive unless told so).
 */
final class KeyPairBirth {
  private static final long CKM_EC_KEY_PAIR_GEN = 0x1040;

  /** Uncompressed: SEC 1, section 2.3.3. */
  private static final int POINT_BYTES = 65;

  private KeyPairBirth() {}

  /** The public half; the private one goes by {@code spec}'s names. */
  static ECPublicKey make(CryptokiSession session, KeySpec spec)
      throws CkrException, GeneralSecurityException {
    byte[] label = spec.label().getBytes(StandardCharsets.US_ASCII);
    byte[] id = HexFormat.of().parseHex(spec.idHex());
    CK_ATTRIBUTE[] publicKey = {
      new CK_ATTRIBUTE(PKCS11Constants.CKA_TOKEN, true),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_VERIFY, true),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_EC_PARAMS, PrivateKeyCheck.p256()),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_LABEL, label),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_ID, id)
    };
    CK_ATTRIBUTE[] privateKey = {
      new CK_ATTRIBUTE(PKCS11Constants.CKA_TOKEN, true),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_PRIVATE, true),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_SENSITIVE, true),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_EXTRACTABLE, false),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_SIGN, true),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_DERIVE, false),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_LABEL, label),
      new CK_ATTRIBUTE(PKCS11Constants.CKA_ID, id)
    };
    long handle = session.generateKeyPair(CKM_EC_KEY_PAIR_GEN, publicKey, privateKey);
    return publicKey(session.attribute(handle, PKCS11Constants.CKA_EC_POINT).getByteArray());
  }

  /**
   * CKA_EC_POINT: the DER of an OCTET STRING of the uncompressed point (PKCS#11 v2.40, Current
   * Mechanisms, section 2.3.3), or with some tokens the point by itself.
   */
  static ECPublicKey publicKey(byte[] ecPoint) throws GeneralSecurityException {
    byte[] prefix = {4, POINT_BYTES, 4};
    int start = ecPoint.length == POINT_BYTES ? 0 : 2;
    if (ecPoint.length != POINT_BYTES + start
        || ecPoint[start] != 4
        || start == 2 && !Arrays.equals(prefix, Arrays.copyOf(ecPoint, prefix.length))) {
      throw new GeneralSecurityException(
          "CKA_EC_POINT must be an uncompressed point of P-256, was " + ecPoint.length + " bytes");
    }
    int half = start + 1 + POINT_BYTES / 2;
    AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
    parameters.init(new ECGenParameterSpec("secp256r1"));
    ECPoint point =
        new ECPoint(
            new BigInteger(1, Arrays.copyOfRange(ecPoint, start + 1, half)),
            new BigInteger(1, Arrays.copyOfRange(ecPoint, half, ecPoint.length)));
    return (ECPublicKey)
        KeyFactory.getInstance("EC")
            .generatePublic(
                new ECPublicKeySpec(point, parameters.getParameterSpec(ECParameterSpec.class)));
  }
}
