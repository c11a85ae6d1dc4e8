// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A presenter's proof that it holds the key of {@code cnf.jkt} (RFC 7800 section 3).
 *
 * @param key the presenter's public key
 * @param nonce what this Relying Party chose for this presentation
 * @param signature ES256 over {@link #message}, r ‖ s; any other bytes are a failed check
 */
public record Possession(ECPublicKey key, Hash nonce, byte[] signature) {
  private static final int COORDINATE_BYTES = 32;

  /** The proof as given. */
  public Possession {
    signature = signature.clone();
  }

  /**
   * What the presenter signs: {@code "writ-possession-v1" ‖ 0x00 ‖ nonce ‖ artifact digest ‖
   * SHA-256(audience)}. Its SHA-256 is {@code H("writ-possession-v1", nonce, artifact digest,
   * SHA-256(audience))}, for keys that sign digests.
   *
   * <p>The audience is in it so that of an artifact's several Relying Parties none can pass another's
   * nonce to the holder and show the answer there.
   *
   * @param audience the Relying Party that asks, as in {@code aud}: {@link
   *     Presentation.Audience#name()}; hashed as UTF-8
   */
  public static byte[] message(Hash nonce, Hash artifactDigest, String audience) {
    return LabelledHash.preimage(
        "writ-possession-v1",
        nonce,
        artifactDigest,
        Hash.sha256(audience.getBytes(StandardCharsets.UTF_8)));
  }

  /** As JSON has it: the key as a JWK, nonce and signature in base64url. */
  public Map<String, Object> toMap() {
    VerificationKey point = VerificationKey.of(key);
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("jwk", Map.of("crv", "P-256", "kty", "EC", "x", point.x(), "y", point.y()));
    map.put("nonce", Base64Url.encode(nonce.bytes()));
    map.put("signature", Base64Url.encode(signature));
    return map;
  }

  /** A proof out of such JSON, of which nothing is left. */
  public static Possession take(JsonMembers json) throws MalformedJsonException {
    JsonMembers jwk = json.object("jwk");
    jwk.constant("crv", "P-256");
    jwk.constant("kty", "EC");
    byte[] x = jwk.base64Url("x", COORDINATE_BYTES);
    byte[] y = jwk.base64Url("y", COORDINATE_BYTES);
    jwk.end();
    ECPublicKey key;
    try {
      key = VerificationKey.point(x, y);
    } catch (InvalidValueException e) {
      throw new MalformedJsonException(json.pathOf("jwk"), "a point of P-256", "none");
    }
    Possession proof =
        new Possession(
            key,
            Hash.of(json.base64Url("nonce", Hash.BYTES)),
            json.base64Url("signature", CompactJws.SIGNATURE_BYTES));
    json.end();
    return proof;
  }

  @Override
  public byte[] signature() {
    return signature.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Possession that
        && key.equals(that.key)
        && nonce.equals(that.nonce)
        && Arrays.equals(signature, that.signature);
  }

  @Override
  public int hashCode() {
    return Objects.hash(key, nonce, Arrays.hashCode(signature));
  }
}
