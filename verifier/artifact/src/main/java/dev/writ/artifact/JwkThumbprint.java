// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Point;
import java.nio.charset.StandardCharsets;
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
    return of(P256Point.of(key));
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
