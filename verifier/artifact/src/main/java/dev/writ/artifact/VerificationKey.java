// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.util.Base64URL;
import dev.writ.tlog.Hash;
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
  Map<String, Object> toMap() {
    ECKey jwk = new ECKey.Builder(Curve.P_256, key).build();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("kty", "EC");
    map.put("crv", "P-256");
    map.put("x", jwk.getX().toString());
    map.put("y", jwk.getY().toString());
    map.put("kid", Base64Url.encode(kid.bytes()));
    return map;
  }

  static VerificationKey take(JsonMembers json) throws MalformedJsonException {
    json.constant("kty", "EC");
    json.constant("crv", "P-256");
    Base64URL x = Base64URL.encode(json.base64Url("x", 32));
    Base64URL y = Base64URL.encode(json.base64Url("y", 32));
    Hash kid = json.thumbprint("kid");
    try {
      return new VerificationKey(kid, new ECKey.Builder(Curve.P_256, x, y).build().toECPublicKey());
    } catch (InvalidValueException e) {
      throw new MalformedJsonException(json.pathOf(e.field()), e.mustBe(), e.was());
    } catch (IllegalStateException | IllegalArgumentException | JOSEException e) {
      throw new MalformedJsonException(json.pathOf("x"), "a point of P-256 with y", "none");
    }
  }
}
