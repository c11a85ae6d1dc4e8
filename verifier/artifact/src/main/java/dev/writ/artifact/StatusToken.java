// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;

/**
 * A Token Status List JWT (draft-ietf-oauth-status-list section 5.1) that also says what was in force
 * when it was made: ES256, with a header of exactly {@code alg}, {@code kid} and {@code typ}.
 *
 * <p>Holding one says that it is well formed, not that its signature holds or that it is fresh: that is
 * {@link BundleVerifier}'s to say.
 */
public final class StatusToken {
  /** The header's {@code typ}. */
  public static final String TYPE = "statuslist+jwt";

  /** The media type under which it is published. */
  public static final String MEDIA_TYPE = "application/statuslist+jwt";

  /** Longest compact serialization accepted, in characters. */
  public static final int MAX_LENGTH = 48 * 1024;

  private final CompactJws jws;
  private final Hash kid;
  private final StatusClaims claims;

  private StatusToken(CompactJws jws, Hash kid, StatusClaims claims) {
    this.jws = jws;
    this.kid = kid;
    this.claims = claims;
  }

  /**
   * What the status key signs: ASCII {@code base64url(header) . base64url(payload)}.
   *
   * @param kid RFC 7638 thumbprint of the status key
   */
  public static byte[] signingInput(Hash kid, StatusClaims claims) {
    return CompactJws.signingInput(CompactJws.header(kid, TYPE), claims.toMap());
  }

  /**
   * The token of a signing input and its signature, which is not verified.
   *
   * @param signingInput what {@link #signingInput} gave
   * @param p1363Signature r ‖ s, 64 bytes (RFC 7518 section 3.4)
   * @throws IllegalStateException if the two do not make a token
   */
  public static StatusToken assemble(byte[] signingInput, byte[] p1363Signature) {
    try {
      return parse(CompactJws.assemble(signingInput, p1363Signature));
    } catch (MalformedStatusTokenException e) {
      throw new IllegalStateException("bug: a status token was assembled of other parts", e);
    }
  }

  /** The token that {@code compact} spells. */
  public static StatusToken parse(String compact) throws MalformedStatusTokenException {
    try {
      CompactJws jws = CompactJws.parse(compact, MAX_LENGTH);
      return new StatusToken(jws, jws.kid(TYPE), StatusClaims.parse(jws.payload()));
    } catch (MalformedJwsException | MalformedJsonException e) {
      throw new MalformedStatusTokenException(e);
    } catch (InvalidValueException e) {
      throw new MalformedStatusTokenException(e);
    }
  }

  /** RFC 7638 thumbprint of the key that is said to have signed it. */
  public Hash kid() {
    return kid;
  }

  /** What it says. */
  public StatusClaims claims() {
    return claims;
  }

  /** The compact serialization. */
  public String compact() {
    return jws.compact();
  }

  /** Whether {@code verifier}'s key signed it. */
  boolean isSignedBy(P256Verifier verifier) {
    return verifier.verifyP1363(jws.signingInput(), jws.signature());
  }

  /**
   * Whether it was made after {@code other}: at a later second, or in the same second of a larger tree.
   * A revocation is a leaf, so of two tokens of one second the one that knows of it is the later.
   */
  public boolean isLaterThan(StatusToken other) {
    int time = claims.iat().compareTo(other.claims.iat());
    return time > 0 || (time == 0 && claims.writ().treeSize() > other.claims.writ().treeSize());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StatusToken that && compact().equals(that.compact());
  }

  @Override
  public int hashCode() {
    return compact().hashCode();
  }

  @Override
  public String toString() {
    return "status token of " + claims.listUri() + ", made " + claims.iat();
  }
}
