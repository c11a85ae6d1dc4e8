// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;

/**
 * An Attestation Result by itself: an EAR as a JWT (draft-ietf-rats-ear-03, RFC 9711), a JWS in compact
 * serialization, ES256, whose header is exactly {@code alg}, {@code kid} and {@code typ}. It says what
 * a Verifier found, and permits nothing: its {@code typ} is another than an artifact's.
 *
 * <p>Holding one says that it is well formed, not that its signature holds: that is {@link
 * AttestationResultVerifier}'s to say.
 */
public final class AttestationResult {
  /** The header's {@code typ}: the media type of RFC 9782 without its {@code application/}. */
  public static final String TYPE = "eat+jwt";

  /** The media type under which it is sent (RFC 9782 section 5.2), without its parameter. */
  public static final String MEDIA_TYPE = "application/eat+jwt";

  /** Longest compact serialization accepted, in characters. */
  public static final int MAX_LENGTH = 132 * 1024;

  private final CompactJws jws;
  private final Hash kid;
  private final Ear claims;

  private AttestationResult(CompactJws jws, Hash kid, Ear claims) {
    this.jws = jws;
    this.kid = kid;
    this.claims = claims;
  }

  /**
   * What the issuer's key signs: ASCII {@code base64url(header) . base64url(payload)}.
   *
   * @param kid RFC 7638 thumbprint of the issuer's key
   */
  public static byte[] signingInput(Hash kid, Ear claims) {
    return CompactJws.signingInput(CompactJws.header(kid, TYPE), claims.toJson());
  }

  /**
   * The result of a signing input and its signature, which is not verified.
   *
   * @param signingInput what {@link #signingInput} gave
   * @param p1363Signature r ‖ s, 64 bytes (RFC 7518 section 3.4)
   * @throws IllegalStateException if the two do not make a result
   */
  public static AttestationResult assemble(byte[] signingInput, byte[] p1363Signature) {
    try {
      return parse(CompactJws.assemble(signingInput, p1363Signature));
    } catch (MalformedAttestationResultException e) {
      throw new IllegalStateException("bug: an attestation result was assembled of other parts", e);
    }
  }

  /** The result that {@code compact} spells. */
  public static AttestationResult parse(String compact) throws MalformedAttestationResultException {
    try {
      CompactJws jws = CompactJws.parse(compact, MAX_LENGTH);
      return of(jws, jws.kid(TYPE));
    } catch (MalformedJwsException e) {
      throw new MalformedAttestationResultException(e);
    }
  }

  static AttestationResult of(CompactJws jws, Hash kid) throws MalformedAttestationResultException {
    return new AttestationResult(jws, kid, Ear.parse(jws.payload()));
  }

  /** RFC 7638 thumbprint of the key that is said to have signed it. */
  public Hash kid() {
    return kid;
  }

  /** What it says. */
  public Ear claims() {
    return claims;
  }

  /** The compact serialization. */
  public String compact() {
    return jws.compact();
  }

  @Override
  public String toString() {
    return "attestation result of " + claims.iat();
  }
}
