// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.security.spec.ECFieldFp;
import java.security.spec.ECPoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link TpmCurve}: which points are on a curve. */
class TpmCurveTest {
  @ParameterizedTest
  @EnumSource
  void point_isOnItsCurveWithCoordinatesInTheField(TpmCurve curve) {
    ECPoint point = curve.parameters().getGenerator();
    BigInteger p = prime(curve);
    BigInteger x = point.getAffineX();
    BigInteger y = point.getAffineY();

    assertThat(curve.contains(point)).isTrue();
    assertThat(curve.contains(new ECPoint(x, p.subtract(y)))).isTrue();
    assertThat(curve.contains(new ECPoint(x, y.add(BigInteger.ONE)))).isFalse();
    assertThat(curve.contains(new ECPoint(x.add(p), y))).isFalse();
    assertThat(curve.contains(new ECPoint(x, y.add(p)))).isFalse();
    assertThat(curve.contains(new ECPoint(x.subtract(p), y))).isFalse();
    assertThat(curve.contains(new ECPoint(x, y.subtract(p)))).isFalse();
  }

  /** The field's prime is zero in the equation, and no element of the field. */
  @Test
  void pointAtZero_isOnTheCurve_andAtThePrimeIsNot() {
    BigInteger p = prime(TpmCurve.P256);
    BigInteger b = TpmCurve.P256.parameters().getCurve().getB();
    BigInteger root = b.modPow(p.add(BigInteger.ONE).shiftRight(2), p); // p = 3 (mod 4)

    assertThat(root.multiply(root).mod(p)).isEqualTo(b);
    assertThat(TpmCurve.P256.contains(new ECPoint(BigInteger.ZERO, root))).isTrue();
    assertThat(TpmCurve.P256.contains(new ECPoint(p, root))).isFalse();
  }

  private static BigInteger prime(TpmCurve curve) {
    return ((ECFieldFp) curve.parameters().getCurve().getField()).getP();
  }
}
