// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;

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
  private final Hash kid;
  private final ArtifactClaims claims;

  private Artifact(CompactJws jws, Hash kid, ArtifactClaims claims) {
    this.jws = jws;
    this.kid = kid;
    this.claims = claims;
  }

  /**
   * Claims on their way to a signature. What is signed is made once and is what the artifact will say,
   * so that none of it has to be read back.
   */
  public static final class Unsigned {
    private final Hash kid;
    private final ArtifactClaims claims;
    private final byte[] signingInput;

    /**
     * Claims to be signed.
     *
     * @param kid RFC 7638 thumbprint of the issuer's key
     */
    public Unsigned(Hash kid, ArtifactClaims claims) {
      this.kid = kid;
      this.claims = claims;
      this.signingInput = Artifact.signingInput(kid, claims);
    }

    /** {@link Artifact#signingInput}. */
    public byte[] signingInput() {
      return signingInput.clone();
    }

    /**
     * The artifact with its signature, which is not verified.
     *
     * @param p1363Signature r ‖ s, 64 bytes (RFC 7518 section 3.4)
     * @throws IllegalStateException if it is no signature, or the artifact longer than one may be
     */
    public Artifact signed(byte[] p1363Signature) {
      try {
        String compact = CompactJws.assemble(signingInput, p1363Signature);
        return new Artifact(CompactJws.parse(compact, MAX_LENGTH), kid, claims);
      } catch (MalformedJwsException e) {
        throw new IllegalStateException("bug: an artifact was signed that is none", e);
      }
    }
  }

  /**
   * What the issuer's key signs: ASCII {@code base64url(header) . base64url(payload)}.
   *
   * @param kid RFC 7638 thumbprint of the issuer's key
   */
  public static byte[] signingInput(Hash kid, ArtifactClaims claims) {
    return CompactJws.signingInput(CompactJws.header(kid, TYPE), claims.toJson());
  }

  /**
   * The artifact of a signing input and its signature, which is not verified.
   *
   * @param signingInput what {@link #signingInput} gave
   * @param p1363Signature r ‖ s, 64 bytes (RFC 7518 section 3.4)
   * @throws IllegalStateException if the two do not make an artifact
   */
  public static Artifact assemble(byte[] signingInput, byte[] p1363Signature) {
    try {
      return parse(CompactJws.assemble(signingInput, p1363Signature));
    } catch (MalformedArtifactException e) {
      throw new IllegalStateException("bug: an artifact was assembled of other parts", e);
    }
  }

  /** The artifact that {@code compact} spells. */
  public static Artifact parse(String compact) throws MalformedArtifactException {
    try {
      CompactJws jws = CompactJws.parse(compact, MAX_LENGTH);
      return of(jws, jws.kid(TYPE));
    } catch (MalformedJwsException e) {
      throw new MalformedArtifactException(e);
    }
  }

  static Artifact of(CompactJws jws, Hash kid) throws MalformedArtifactException {
    return new Artifact(jws, kid, ArtifactClaims.parse(jws.payload()));
  }

  /** RFC 7638 thumbprint of the key that is said to have signed it. */
  public Hash kid() {
    return kid;
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

  /**
   * Whether {@code verifier}'s key signed it, which must be the key that the header names. Whether that
   * key is believed is not said.
   */
  public boolean isSignedBy(P256Verifier verifier) {
    return JwkThumbprint.of(verifier.publicKey()).equals(kid)
        && verifier.verifyP1363(jws.signingInput(), jws.signature());
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
