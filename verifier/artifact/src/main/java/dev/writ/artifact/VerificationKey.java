// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Point;
import java.security.interfaces.ECPublicKey;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A P-256 public key under the name that its own bytes give it.
 *
 * @param kid its RFC 7638 thumbprint
 * @param key the key
 */
public record VerificationKey(Hash kid, ECPublicKey key) {
  /**
   * The key as given.
   *
   * @throws IllegalArgumentException if {@code kid} is not its thumbprint, or it is no P-256 point
   */
  public VerificationKey {
    Hash thumbprint = JwkThumbprint.of(key);
    if (!thumbprint.equals(kid)) {
      throw new InvalidValueException(
          "kid",
          "the key's RFC 7638 thumbprint " + Base64Url.encode(thumbprint.bytes()),
          Base64Url.encode(kid.bytes()));
    }
  }

  /** The key under its name. */
  public static VerificationKey of(ECPublicKey key) {
    return new VerificationKey(JwkThumbprint.of(key), key);
  }

  /** Its JWK (RFC 7517, RFC 7518 section 6.2): {@code kty, crv, x, y, kid}. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("kty", "EC");
    map.put("crv", "P-256");
    map.put("x", x());
    map.put("y", y());
    map.put("kid", Base64Url.encode(kid.bytes()));
    return map;
  }

  /** The first coordinate, as a JWK writes it. */
  String x() {
    return Base64Url.encode(P256Point.of(key).x());
  }

  /** The second coordinate, as a JWK writes it. */
  String y() {
    return Base64Url.encode(P256Point.of(key).y());
  }

  /**
   * The point with these coordinates, of 32 bytes each.
   *
   * @throws IllegalArgumentException if the curve has none
   */
  static ECPublicKey point(byte[] x, byte[] y) {
    return P256Point.ofCoordinates(x, y)
        .orElseThrow(() -> new InvalidValueException("x", "a point of P-256 with y", "none"))
        .platformKey();
  }

  static VerificationKey take(JsonMembers json) throws MalformedJsonException {
    json.constant("kty", "EC");
    json.constant("crv", "P-256");
    byte[] x = json.base64Url("x", 32);
    byte[] y = json.base64Url("y", 32);
    Hash kid = json.thumbprint("kid");
    try {
      return new VerificationKey(kid, point(x, y));
    } catch (InvalidValueException e) {
      throw new MalformedJsonException(json.pathOf(e.field()), e.mustBe(), e.was());
    }
  }
}
