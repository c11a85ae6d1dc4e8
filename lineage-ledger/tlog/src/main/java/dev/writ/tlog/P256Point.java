// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Provider;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.EllipticCurve;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A point of the curve P-256 (FIPS 186-4 section D.1.2.3), by its coordinates or in the one form of
 * SubjectPublicKeyInfo that this package reads and writes: named curve, uncompressed point (RFC 5480
 * section 2).
 *
 * <p>The point is on the curve and not at infinity. P-256 has cofactor 1, so that nothing else needs
 * to be checked (SP 800-186 appendix D.1.1).
 */
public final class P256Point {
  /** Length of a coordinate. */
  public static final int FIELD_BYTES = 32;

  private static final int SPKI_BYTES = 91;

  /** DER up to the point: SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 } BIT STRING { 04 … } }. */
  private static final byte[] SPKI_PREFIX =
      HexFormat.of().parseHex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");

  private static final BigInteger P =
      new BigInteger("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16);
  private static final BigInteger A = P.subtract(BigInteger.valueOf(3));
  private static final BigInteger B =
      new BigInteger("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", 16);
  private static final BigInteger GX =
      new BigInteger("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296", 16);
  private static final BigInteger GY =
      new BigInteger("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5", 16);

  /** The order of the group. */
  static final BigInteger N =
      new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);

  private final byte[] spki;

  private P256Point(byte[] spki) {
    this.spki = spki;
  }

  /** The point that {@code spki} holds, or empty where it is not a P-256 key in this form. */
  static Optional<P256Point> ofSpki(byte[] spki) {
    if (spki.length != SPKI_BYTES
        || !Arrays.equals(SPKI_PREFIX, 0, SPKI_PREFIX.length, spki, 0, SPKI_PREFIX.length)) {
      return Optional.empty();
    }
    BigInteger x = new BigInteger(1, spki, SPKI_PREFIX.length, FIELD_BYTES);
    BigInteger y = new BigInteger(1, spki, SPKI_PREFIX.length + FIELD_BYTES, FIELD_BYTES);
    return isOnCurve(x, y) ? Optional.of(new P256Point(spki.clone())) : Optional.empty();
  }

  /**
   * The point with these coordinates, or empty where the curve has none.
   *
   * @param x {@value #FIELD_BYTES} bytes, big-endian, as {@code y}
   */
  public static Optional<P256Point> ofCoordinates(byte[] x, byte[] y) {
    if (x.length != FIELD_BYTES || y.length != FIELD_BYTES) {
      return Optional.empty();
    }
    byte[] spki = Arrays.copyOf(SPKI_PREFIX, SPKI_BYTES);
    System.arraycopy(x, 0, spki, SPKI_PREFIX.length, FIELD_BYTES);
    System.arraycopy(y, 0, spki, SPKI_PREFIX.length + FIELD_BYTES, FIELD_BYTES);
    return ofSpki(spki);
  }

  /**
   * The point of {@code key}.
   *
   * @throws IllegalArgumentException if its curve is another, or the point is not on it
   */
  public static P256Point of(ECPublicKey key) {
    ECPoint w = key.getW();
    if (!isP256(key.getParams())
        || w.equals(ECPoint.POINT_INFINITY)
        || !isOnCurve(w.getAffineX(), w.getAffineY())) {
      throw new IllegalArgumentException("an EC key must be a point of the curve P-256, was not");
    }
    byte[] spki = Arrays.copyOf(SPKI_PREFIX, SPKI_BYTES);
    putField(w.getAffineX(), spki, SPKI_PREFIX.length);
    putField(w.getAffineY(), spki, SPKI_PREFIX.length + FIELD_BYTES);
    return new P256Point(spki);
  }

  /** The base point: the public key of the private key 1, which is everybody's. */
  static P256Point generator() {
    byte[] spki = Arrays.copyOf(SPKI_PREFIX, SPKI_BYTES);
    putField(GX, spki, SPKI_PREFIX.length);
    putField(GY, spki, SPKI_PREFIX.length + FIELD_BYTES);
    return new P256Point(spki);
  }

  byte[] spki() {
    return spki.clone();
  }

  /** The first coordinate: {@value #FIELD_BYTES} bytes, big-endian. */
  public byte[] x() {
    return Arrays.copyOfRange(spki, SPKI_PREFIX.length, SPKI_PREFIX.length + FIELD_BYTES);
  }

  /** The second coordinate: {@value #FIELD_BYTES} bytes, big-endian. */
  public byte[] y() {
    return Arrays.copyOfRange(spki, SPKI_PREFIX.length + FIELD_BYTES, SPKI_BYTES);
  }

  /** The key as the platform's first provider of EC keys makes it. */
  public ECPublicKey platformKey() {
    try {
      return (ECPublicKey)
          KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(spki));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(
          "every Java platform must read a P-256 key, this one did not", e);
    }
  }

  /**
   * The key as {@code provider} wants it.
   *
   * @throws IllegalArgumentException if it cannot read P-256 keys
   */
  PublicKey keyFor(Provider provider) {
    try {
      return KeyFactory.getInstance("EC", provider).generatePublic(new X509EncodedKeySpec(spki));
    } catch (GeneralSecurityException e) {
      throw new IllegalArgumentException(
          "a provider for P-256 must read P-256 keys, " + provider.getName() + " did not", e);
    }
  }

  private static boolean isP256(ECParameterSpec params) {
    EllipticCurve curve = params.getCurve();
    return curve.getField() instanceof ECFieldFp field
        && field.getP().equals(P)
        && curve.getA().equals(A)
        && curve.getB().equals(B)
        && params.getGenerator().equals(new ECPoint(GX, GY))
        && params.getOrder().equals(N)
        && params.getCofactor() == 1;
  }

  /** y² = x³ - 3x + b over the field, with both coordinates reduced. */
  private static boolean isOnCurve(BigInteger x, BigInteger y) {
    if (x.signum() < 0 || x.compareTo(P) >= 0 || y.signum() < 0 || y.compareTo(P) >= 0) {
      return false;
    }
    BigInteger right = x.multiply(x).add(A).multiply(x).add(B).mod(P);
    return y.multiply(y).mod(P).equals(right);
  }

  private static void putField(BigInteger value, byte[] target, int offset) {
    byte[] bytes = value.toByteArray();
    int skip = Math.max(0, bytes.length - FIELD_BYTES);
    int length = bytes.length - skip;
    System.arraycopy(bytes, skip, target, offset + FIELD_BYTES - length, length);
  }
}
