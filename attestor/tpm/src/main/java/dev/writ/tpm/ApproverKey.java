// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import dev.writ.tpm.Template.Attribute;
import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.EnumSet;

/** The P-256 key whose owner approves the policies under which something is unsealed. */
public final class ApproverKey {
  private static final int COORDINATE_BYTES = 32;
  private static final ECParameterSpec P256 = p256();

  private final ECPublicKey key;
  private final byte[] publicArea;

  private ApproverKey(ECPublicKey key) {
    this.key = key;
    this.publicArea =
        Template.externalVerifying(
            EnumSet.of(Attribute.USER_WITH_AUTH, Attribute.SIGN),
            coordinate(key.getW().getAffineX()),
            coordinate(key.getW().getAffineY()));
  }

  /**
   * The approver with this key.
   *
   * @throws IllegalArgumentException if it is on another curve than P-256
   */
  public static ApproverKey of(ECPublicKey key) {
    ECParameterSpec curve = key.getParams();
    if (!curve.getCurve().equals(P256.getCurve())
        || !curve.getGenerator().equals(P256.getGenerator())
        || !curve.getOrder().equals(P256.getOrder())) {
      throw new IllegalArgumentException("an approver's key must be on P-256, is on another curve");
    }
    return new ApproverKey(key);
  }

  /** The key. */
  public ECPublicKey key() {
    return key;
  }

  /** Its TPMT_PUBLIC: a key that verifies ECDSA with SHA-256. */
  byte[] publicArea() {
    return publicArea.clone();
  }

  /** Its name in a TPM. */
  byte[] name() {
    return PolicyDigest.name(publicArea);
  }

  /** Whether {@code p1363} (r ‖ s) is its ECDSA signature over {@code message}. */
  boolean verifies(byte[] message, byte[] p1363) {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
      signature.initVerify(key);
      signature.update(message);
      return signature.verify(p1363);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** Big-endian, 32 bytes. */
  private static byte[] coordinate(BigInteger value) {
    byte[] signed = value.toByteArray();
    byte[] coordinate = new byte[COORDINATE_BYTES];
    int length = Math.min(signed.length, COORDINATE_BYTES);
    System.arraycopy(signed, signed.length - length, coordinate, COORDINATE_BYTES - length, length);
    return coordinate;
  }

  private static ECParameterSpec p256() {
    try {
      AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
      parameters.init(new ECGenParameterSpec("secp256r1"));
      return parameters.getParameterSpec(ECParameterSpec.class);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has P-256; this one has not", e);
    }
  }
}
