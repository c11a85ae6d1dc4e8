// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * That the holder of a parent artifact's key wants this very request under it.
 *
 * @param artifact the parent
 * @param key the holder's; whether its thumbprint is the parent's {@code cnf.jkt} is judged, not assumed
 * @param signature ES256 over {@link #message}, r ‖ s; any other bytes are a proof that fails
 */
public record ParentProof(Artifact artifact, ECPublicKey key, byte[] signature) {
  private static final String LABEL = "writ-delegation-v1";
  private static final int SIGNATURE_BYTES = 64;
  private static final int COORDINATE_BYTES = 32;

  /**
   * The proof as given.
   *
   * @throws IllegalArgumentException if the key is no point of P-256
   */
  public ParentProof {
    Hash unused = JwkThumbprint.of(key);
    signature = signature.clone();
  }

  /**
   * What the parent's holder signs: {@code "writ-delegation-v1" ‖ 0x00 ‖ nonce ‖ request_digest ‖ jkt}. The
   * request names the parent, and the nonce is good once: the signature is of no use for another child.
   *
   * @param nonce the challenge's 32 bytes
   * @param requestDigest {@link ExecutionRequest#digest()} of the child's request
   * @param jkt the child's
   */
  public static byte[] message(Hash nonce, Hash requestDigest, Hash jkt) {
    return LabelledHash.preimage(LABEL, nonce, requestDigest, jkt);
  }

  /** Whether the holder of the artifact's key signed this. */
  public boolean holds(P256Verifier verifier, Hash nonce, ExecutionRequest request) {
    Hash kid = JwkThumbprint.of(key);
    return kid.equals(artifact.claims().jkt())
        && kid.equals(JwkThumbprint.of(verifier.publicKey()))
        && verifier.verifyP1363(message(nonce, request.digest(), request.jkt()), signature);
  }

  /** Its members, for a document that holds one. */
  public Map<String, Object> toMap() {
    VerificationKey point = VerificationKey.of(key);
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("artifact", artifact.compact());
    map.put("jwk", Map.of("crv", "P-256", "kty", "EC", "x", point.x(), "y", point.y()));
    map.put("signature", Base64Url.encode(signature));
    return map;
  }

  /** The proof that these members are, for a document that holds one; others are refused. */
  public static ParentProof take(JsonMembers json)
      throws MalformedJsonException, MalformedArtifactException {
    Artifact artifact = Artifact.parse(json.text("artifact"));
    JsonMembers jwk = json.object("jwk");
    jwk.constant("crv", "P-256");
    jwk.constant("kty", "EC");
    byte[] x = jwk.base64Url("x", COORDINATE_BYTES);
    byte[] y = jwk.base64Url("y", COORDINATE_BYTES);
    jwk.end();
    byte[] signature = json.base64Url("signature", SIGNATURE_BYTES);
    json.end();
    try {
      return new ParentProof(artifact, VerificationKey.point(x, y), signature);
    } catch (IllegalArgumentException e) {
      throw new MalformedJsonException(json.pathOf("jwk"), "a point of P-256", "none");
    }
  }

  @Override
  public byte[] signature() {
    return signature.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ParentProof that
        && artifact.equals(that.artifact)
        && key.equals(that.key)
        && Arrays.equals(signature, that.signature);
  }

  @Override
  public int hashCode() {
    return Objects.hash(artifact, key, Arrays.hashCode(signature));
  }
}
