// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;

/**
 * An authorization artifact: a JWS in compact serialization (RFC 7515 section 7.1), ES256, whose
 * header is exactly {@code alg}, {@code kid} and {@code typ}.
 *
 * <p>Holding one says that it is well formed, not that its signature holds or that it may be used:
 * that is {@link BundleVerifier}'s to say.
 */
public final class Artifact {
  /** The header's {@code typ} (explicit typing, RFC 8725 section 3.11). */
  public static final String TYPE = "authz-artifact+jwt";

  /** Longest compact serialization accepted, in characters. */
  public static final int MAX_LENGTH = 32 * 1024;

  private final CompactJws jws;
  private final ArtifactClaims claims;

  private Artifact(CompactJws jws, ArtifactClaims claims) {
    this.jws = jws;
    this.claims = claims;
  }

  /**
   * What the issuer's key signs: ASCII {@code base64url(header) . base64url(payload)}.
   *
   * @param kid RFC 7638 thumbprint of the issuer's key
   */
  public static byte[] signingInput(Hash kid, ArtifactClaims claims) {
    return (CompactJws.header(kid) + "." + Base64Url.encode(claims.toJson()))
        .getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * The artifact of a signing input and its signature, which is not verified.
   *
   * @param signingInput what {@link #signingInput} gave
   * @param p1363Signature r ‖ s, 64 bytes (RFC 7518 section 3.4)
   * @throws IllegalStateException if the two do not make an artifact
   */
  public static Artifact assemble(byte[] signingInput, byte[] p1363Signature) {
    String input = new String(signingInput, StandardCharsets.US_ASCII);
    try {
      return parse(input + "." + Base64Url.encode(p1363Signature));
    } catch (MalformedArtifactException e) {
      throw new IllegalStateException("bug: an artifact was assembled of other parts", e);
    }
  }

  /** The artifact that {@code compact} spells. */
  public static Artifact parse(String compact) throws MalformedArtifactException {
    return of(CompactJws.parse(compact));
  }

  static Artifact of(CompactJws jws) throws MalformedArtifactException {
    return new Artifact(jws, ArtifactClaims.parse(jws.payload()));
  }

  /** RFC 7638 thumbprint of the key that is said to have signed it. */
  public Hash kid() {
    return jws.kid();
  }

  /** What it says. */
  public ArtifactClaims claims() {
    return claims;
  }

  /**
   * SHA-256 of the ASCII {@code header.payload}. The signature is left out: ECDSA lets anyone make a
   * second valid one (s and n - s), and one artifact must have one digest.
   */
  public Hash digest() {
    return jws.digest();
  }

  /** The compact serialization. */
  public String compact() {
    return jws.compact();
  }

  @Override
  public String toString() {
    return "artifact " + claims.jti();
  }
}
