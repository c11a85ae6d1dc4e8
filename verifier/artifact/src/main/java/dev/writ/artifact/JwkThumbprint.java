// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import dev.writ.tlog.Hash;
import java.security.interfaces.ECPublicKey;

/** RFC 7638 thumbprints of P-256 keys, as 32 raw bytes; in JSON they are base64url. */
public final class JwkThumbprint {
  private JwkThumbprint() {}

  /**
   * The thumbprint of {@code key}.
   *
   * @throws IllegalArgumentException if it is no point of P-256
   */
  public static Hash of(ECPublicKey key) {
    try {
      return Hash.of(new ECKey.Builder(Curve.P_256, key).build().computeThumbprint().decode());
    } catch (IllegalStateException e) {
      // The builder's word for a point that is not on the curve that it was told.
      throw new IllegalArgumentException("a key must be a point of P-256, was not", e);
    } catch (JOSEException e) {
      throw new IllegalStateException("bug: SHA-256 is missing", e);
    }
  }
}
