// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Point;
import java.nio.charset.StandardCharsets;
import java.security.interfaces.ECPublicKey;

/** RFC 7638 thumbprints, as 32 raw bytes; in JSON they are base64url. */
public final class JwkThumbprint {
  private JwkThumbprint() {}

  /**
   * The thumbprint of {@code key}.
   *
   * @throws IllegalArgumentException if it is no point of P-256
   */
  public static Hash of(ECPublicKey key) {
    return of(P256Point.of(key));
  }

  /**
   * The thumbprint of an Ed25519 key (RFC 8037 section 2).
   *
   * @param point the encoded point, 32 bytes (RFC 8032 section 5.1.2)
   */
  public static Hash ofEd25519(byte[] point) {
    String members =
        "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"" + Base64Url.encode(point) + "\"}";
    return Hash.sha256(members.getBytes(StandardCharsets.US_ASCII));
  }

  /** SHA-256 of the required members in their order, without blanks (RFC 7638 section 3). */
  static Hash of(P256Point point) {
    String members =
        "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\""
            + Base64Url.encode(point.x())
            + "\",\"y\":\""
            + Base64Url.encode(point.y())
            + "\"}";
    return Hash.sha256(members.getBytes(StandardCharsets.US_ASCII));
  }
}
