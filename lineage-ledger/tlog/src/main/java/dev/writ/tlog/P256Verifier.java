// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.math.BigInteger;
import java.security.Provider;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;

/**
 * Verifies ECDSA signatures of one P-256 key over SHA-256 (FIPS 186-4 section 6.4), as notes carry
 * them (DER) and as JWS does (r‖s, RFC 7518 section 3.4). Safe for use by any number of threads.
 *
 * <p>The form of a signature and the ranges 1 ≤ r, s &lt; n are checked here, so that all providers
 * accept the same signatures; the provider is asked for the curve arithmetic alone.
 *
 * <p>For any signature (r, s) there is a second one, (r, n - s): a signature's bytes identify
 * nothing and must not be used to recognise what was seen before.
 */
public final class P256Verifier {
  /** Length of a signature r‖s. */
  public static final int P1363_BYTES = 2 * P256Point.FIELD_BYTES;

  private static final String ALGORITHM = "SHA256withECDSA";
  private static final byte SEQUENCE = 0x30;
  private static final byte INTEGER = 0x02;
  private static final byte[] NO_PREFIX = {};

  /** SEQUENCE and two INTEGERs of at most 33 bytes, each with tag and one byte of length. */
  private static final int MAX_DER_BYTES = 2 + 2 * (2 + P256Point.FIELD_BYTES + 1);

  private final P256Point point;
  private final SignatureEngines engines;

  private P256Verifier(P256Point point, SignatureEngines engines) {
    this.point = point;
    this.engines = engines;
  }

  /**
   * A verifier on the platform's first provider of ECDSA.
   *
   * @throws IllegalArgumentException if {@code key} is not a point of P-256
   */
  public static P256Verifier of(ECPublicKey key) {
    return of(P256Point.of(key));
  }

  /**
   * A verifier on {@code provider}, which costs little where the platform's own is slow.
   *
   * @throws IllegalArgumentException if {@code key} is not a point of P-256, or the provider has no
   *     SHA256withECDSA for it
   */
  public static P256Verifier of(ECPublicKey key, Provider provider) {
    return of(P256Point.of(key), provider);
  }

  static P256Verifier of(P256Point point) {
    return new P256Verifier(
        point, new SignatureEngines(() -> Signature.getInstance(ALGORITHM), point.platformKey()));
  }

  static P256Verifier of(P256Point point, Provider provider) {
    return new P256Verifier(
        point,
        new SignatureEngines(
            () -> Signature.getInstance(ALGORITHM, provider), point.keyFor(provider)));
  }

  /**
   * Verifies once, on the platform's first provider, what is of no consequence: the first verification
   * of a JVM loads all that the others need, which takes longer than verifying.
   */
  public static void rehearse() {
    byte[] signature = new byte[P1363_BYTES];
    signature[P256Point.FIELD_BYTES - 1] = 1;
    signature[P1363_BYTES - 1] = 1;
    boolean ignored = of(P256Point.generator()).verifyP1363(signature, signature);
  }

  /** The key. */
  public ECPublicKey publicKey() {
    return point.platformKey();
  }

  /** Whether {@code signature}, in DER (RFC 3279 section 2.2.3), is the key's over {@code message}. */
  public boolean verifyDer(byte[] message, byte[] signature) {
    return verifyDer(NO_PREFIX, message, 0, message.length, signature);
  }

  /** Whether {@code signature}, 64 bytes r‖s, is the key's over {@code message}. */
  public boolean verifyP1363(byte[] message, byte[] signature) {
    if (signature.length != P1363_BYTES) {
      return false;
    }
    BigInteger r = new BigInteger(1, signature, 0, P256Point.FIELD_BYTES);
    BigInteger s = new BigInteger(1, signature, P256Point.FIELD_BYTES, P256Point.FIELD_BYTES);
    return inRange(r)
        && inRange(s)
        && engines.verify(NO_PREFIX, message, 0, message.length, der(r, s));
  }

  /**
   * The one encoding in DER of a signature r‖s.
   *
   * @throws IllegalArgumentException if it is not of 64 bytes
   */
  public static byte[] der(byte[] p1363) {
    if (p1363.length != P1363_BYTES) {
      throw new IllegalArgumentException(
          "a signature must have " + P1363_BYTES + " bytes, had " + p1363.length);
    }
    return der(
        new BigInteger(1, p1363, 0, P256Point.FIELD_BYTES),
        new BigInteger(1, p1363, P256Point.FIELD_BYTES, P256Point.FIELD_BYTES));
  }

  boolean verifyDer(byte[] prefix, byte[] message, int offset, int length, byte[] signature) {
    return isStrictDer(signature) && engines.verify(prefix, message, offset, length, signature);
  }

  private static boolean inRange(BigInteger value) {
    return value.signum() > 0 && value.compareTo(P256Point.N) < 0;
  }

  /** Reads both integers as they lie and writes them again: DER has one encoding for each pair. */
  private static boolean isStrictDer(byte[] der) {
    if (der.length < 8 || der.length > MAX_DER_BYTES || der[0] != SEQUENCE || der[2] != INTEGER) {
      return false;
    }
    int rLength = der[3];
    int sStart = 4 + rLength + 2;
    if (rLength < 1 || sStart >= der.length) {
      return false;
    }
    BigInteger r = new BigInteger(der, 4, rLength);
    BigInteger s = new BigInteger(der, sStart, der.length - sStart);
    return inRange(r) && inRange(s) && Arrays.equals(der(r, s), der);
  }

  private static byte[] der(BigInteger r, BigInteger s) {
    byte[] rBytes = r.toByteArray();
    byte[] sBytes = s.toByteArray();
    byte[] der = new byte[6 + rBytes.length + sBytes.length];
    der[0] = SEQUENCE;
    der[1] = (byte) (der.length - 2);
    der[2] = INTEGER;
    der[3] = (byte) rBytes.length;
    System.arraycopy(rBytes, 0, der, 4, rBytes.length);
    int sHeader = 4 + rBytes.length;
    der[sHeader] = INTEGER;
    der[sHeader + 1] = (byte) sBytes.length;
    System.arraycopy(sBytes, 0, der, sHeader + 2, sBytes.length);
    return der;
  }
}
