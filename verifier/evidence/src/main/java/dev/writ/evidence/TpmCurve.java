// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The NIST curves of the TCG Algorithm Registry (TPM_ECC_CURVE) that this package reads. */
public enum TpmCurve {
  /** NIST P-256. */
  P256(0x0003, "secp256r1", 256),
  /** NIST P-384. */
  P384(0x0004, "secp384r1", 384),
  /** NIST P-521. */
  P521(0x0005, "secp521r1", 521);

  private final int id;
  private final String javaName;
  private final int bits;

  TpmCurve(int id, String javaName, int bits) {
    this.id = id;
    this.javaName = javaName;
    this.bits = bits;
  }

  static Optional<TpmCurve> ofId(int id) {
    for (TpmCurve curve : values()) {
      if (curve.id == id) {
        return Optional.of(curve);
      }
    }
    return Optional.empty();
  }

  /** TPM_ECC_CURVE. */
  public int id() {
    return id;
  }

  /** Length of the field's elements in bytes. */
  public int fieldBytes() {
    return (bits + 7) / 8;
  }

  /** The name that Java gives to this curve, such as {@code secp256r1}. */
  public String javaName() {
    return javaName;
  }

  /** The curve's parameters. */
  public ECParameterSpec parameters() {
    return Parameters.of(this);
  }

  /** A number of the field as exactly {@link #fieldBytes} bytes. */
  byte[] fieldElement(BigInteger number) {
    byte[] minimal = number.toByteArray();
    byte[] out = new byte[fieldBytes()];
    int length = Math.min(minimal.length, out.length); // a sign byte may stand before the number
    System.arraycopy(minimal, minimal.length - length, out, out.length - length, length);
    return out;
  }

  /**
   * Whether a point satisfies the curve's equation with both coordinates in the field, which Java's
   * key factories do not ask. Each of these curves has cofactor one, so that such a point is in the
   * right group.
   */
  boolean contains(ECPoint point) {
    ECParameterSpec parameters = parameters();
    BigInteger p = ((ECFieldFp) parameters.getCurve().getField()).getP();
    BigInteger x = point.getAffineX();
    BigInteger y = point.getAffineY();
    if (x.signum() < 0 || x.compareTo(p) >= 0 || y.signum() < 0 || y.compareTo(p) >= 0) {
      return false;
    }
    // y² = x³ + ax + b (mod p)
    BigInteger right =
        x.multiply(x)
            .add(parameters.getCurve().getA())
            .multiply(x)
            .add(parameters.getCurve().getB());
    return y.multiply(y).subtract(right).mod(p).signum() == 0;
  }

  /** Read from the platform once, when first asked for: one-shot commands may not need them. */
  private static final class Parameters {
    private static final Map<TpmCurve, ECParameterSpec> BY_CURVE = new EnumMap<>(TpmCurve.class);

    static {
      for (TpmCurve curve : TpmCurve.values()) {
        BY_CURVE.put(curve, read(curve));
      }
    }

    static ECParameterSpec of(TpmCurve curve) {
      return Objects.requireNonNull(BY_CURVE.get(curve));
    }

    private static ECParameterSpec read(TpmCurve curve) {
      try {
        AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec(curve.javaName));
        return parameters.getParameterSpec(ECParameterSpec.class);
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("this Java platform lacks " + curve.javaName, e);
      }
    }
  }
}
