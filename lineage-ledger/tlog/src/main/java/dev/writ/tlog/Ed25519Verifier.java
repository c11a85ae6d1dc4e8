// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Provider;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;

/**
 * Verifies Ed25519 signatures of one key (RFC 8032 section 5.1.7) under one acceptance rule.
 *
 * <p>RFC 8032 leaves edges open on which implementations differ. The rule here: the public key A and
 * the signature's R are encoded canonically and are not of small order, 0 ≤ S &lt; L, and S·B = R +
 * k·A holds without multiplying by the cofactor. An honest signer's signatures all pass; the edges
 * are refused before a provider sees them, and a provider that multiplies by the cofactor is not
 * used, so that the provider does not decide.
 */
final class Ed25519Verifier {
  static final int KEY_BYTES = 32;
  static final int SIGNATURE_BYTES = 64;

  private static final String ALGORITHM = "Ed25519";

  /** By name, so that no other provider that a program installs first decides. */
  private static final String PLATFORM_PROVIDER = "SunEC";

  private static final SignatureEngines.Source PLATFORM =
      () -> Signature.getInstance(ALGORITHM, PLATFORM_PROVIDER);

  /** C2SP/CCTV ed25519 vector 6: holds only if both sides are multiplied by the cofactor. */
  private static final String RESIDUE_KEY =
      "10eb7c3acfb2bed3e0d6ab89bf5a3d6afddd1176ce4812e38d9fd485058fdb1f";

  private static final String RESIDUE_MESSAGE = "ed25519vectors 10";
  private static final String RESIDUE_SIGNATURE =
      "36684ea91032ba5b1dbab2d02f4debc74c3327f2b3802e2e4d371aa42b12b56b"
          + "c02e2b9e63e385c058bf62b14b3a2b29ccefe8e38ddb536bc3f9865320a3d801";

  /** 2^255 - 19. */
  private static final BigInteger P = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

  /** The order of the base point: 2^252 + 27742317777372353535851937790883648493. */
  private static final BigInteger L =
      BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));

  /** The y coordinates of the points of order 1, 2, 4 and 8 (two). */
  private static final Set<BigInteger> SMALL_ORDER_Y =
      Set.of(
          BigInteger.ONE,
          P.subtract(BigInteger.ONE),
          BigInteger.ZERO,
          littleEndian("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
          littleEndian("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"));

  /** DER up to the key: SEQUENCE { SEQUENCE { id-Ed25519 } BIT STRING { … } } (RFC 8410). */
  private static final byte[] SPKI_PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

  private final SignatureEngines engines;

  private Ed25519Verifier(SignatureEngines engines) {
    this.engines = engines;
  }

  /** Whether {@code key} can be anyone's public key under the rule above. */
  static boolean isAcceptablePoint(byte[] key) {
    return key.length == KEY_BYTES && isAcceptablePoint(key, 0);
  }

  /**
   * A verifier on the platform's own Ed25519.
   *
   * @throws IllegalArgumentException if {@code key} is not a point that the rule accepts
   */
  static Ed25519Verifier of(byte[] key) {
    return new Ed25519Verifier(new SignatureEngines(PLATFORM, publicKey(key)));
  }

  /** As {@link #of(byte[])}, on {@code provider} where that has Ed25519 and keeps to the rule. */
  static Ed25519Verifier of(byte[] key, Provider provider) {
    SignatureEngines.Source engines = () -> Signature.getInstance(ALGORITHM, provider);
    return keepsToTheRule(engines)
        ? new Ed25519Verifier(new SignatureEngines(engines, publicKey(key)))
        : of(key);
  }

  /** Whether engines from {@code source} exist and do not multiply by the cofactor. */
  private static boolean keepsToTheRule(SignatureEngines.Source source) {
    try {
      Signature engine = source.get();
      engine.initVerify(publicKey(HexFormat.of().parseHex(RESIDUE_KEY)));
      engine.update(RESIDUE_MESSAGE.getBytes(StandardCharsets.US_ASCII));
      return !engine.verify(HexFormat.of().parseHex(RESIDUE_SIGNATURE));
    } catch (SignatureException e) {
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static PublicKey publicKey(byte[] key) {
    if (!isAcceptablePoint(key)) {
      throw new IllegalArgumentException(
          "an Ed25519 key must be 32 bytes, canonical and not of small order, was not");
    }
    byte[] spki = Arrays.copyOf(SPKI_PREFIX, SPKI_PREFIX.length + KEY_BYTES);
    System.arraycopy(key, 0, spki, SPKI_PREFIX.length, KEY_BYTES);
    try {
      return KeyFactory.getInstance(ALGORITHM, PLATFORM_PROVIDER)
          .generatePublic(new X509EncodedKeySpec(spki));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK must read an Ed25519 key, this one did not", e);
    }
  }

  boolean verify(byte[] prefix, byte[] message, int offset, int length, byte[] signature) {
    return signature.length == SIGNATURE_BYTES
        && isAcceptablePoint(signature, 0)
        && littleEndian(signature, KEY_BYTES).compareTo(L) < 0
        && engines.verify(prefix, message, offset, length, signature);
  }

  /** Bit 255 is the sign of x; all else is y, which must be reduced. */
  private static boolean isAcceptablePoint(byte[] bytes, int offset) {
    BigInteger y = littleEndian(bytes, offset).clearBit(255);
    return y.compareTo(P) < 0 && !SMALL_ORDER_Y.contains(y);
  }

  private static BigInteger littleEndian(byte[] bytes, int offset) {
    byte[] reversed = new byte[KEY_BYTES];
    for (int i = 0; i < KEY_BYTES; i++) {
      reversed[KEY_BYTES - 1 - i] = bytes[offset + i];
    }
    return new BigInteger(1, reversed);
  }

  private static BigInteger littleEndian(String hex) {
    return littleEndian(HexFormat.of().parseHex(hex), 0);
  }
}
