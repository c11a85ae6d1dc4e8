// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;

/**
 * A signed wish for one use of an artifact that the service judges: a JWS in compact serialization, ES256,
 * whose header names the signer as an {@link OutcomeStatement}'s does.
 *
 * <p>Holding one says that it is well formed. Who reads it verifies the signature ({@link #isSignedBy}),
 * and that the signer is the artifact's holder, by {@code cnf.jkt}, or a gateway of the trust file.
 */
public final class RedemptionStatement {
  /** The header's {@code typ}. */
  public static final String TYPE = "writ-redemption+jwt";

  /** Longest compact serialization accepted, in characters. */
  public static final int MAX_LENGTH = 24 * 1024;

  private final CompactJws jws;
  private final OutcomeStatement.Signer signer;
  private final RedemptionClaims claims;

  private RedemptionStatement(
      CompactJws jws, OutcomeStatement.Signer signer, RedemptionClaims claims) {
    this.jws = jws;
    this.signer = signer;
    this.claims = claims;
  }

  /**
   * What the signer signs: ASCII {@code base64url(header) . base64url(payload)}.
   *
   * @throws IllegalArgumentException if a holder's key is no point of P-256
   */
  public static byte[] signingInput(OutcomeStatement.Signer signer, RedemptionClaims claims) {
    return CompactJws.signingInput(OutcomeStatement.header(signer, TYPE), claims.toMap());
  }

  /**
   * The statement of a signing input and its signature, which is not verified.
   *
   * @param signingInput what {@link #signingInput} gave
   * @param p1363Signature r ‖ s, 64 bytes (RFC 7518 section 3.4)
   * @throws IllegalStateException if the two do not make a statement
   */
  public static RedemptionStatement assemble(byte[] signingInput, byte[] p1363Signature) {
    try {
      return parse(CompactJws.assemble(signingInput, p1363Signature));
    } catch (MalformedRedemptionException e) {
      throw new IllegalStateException("bug: a redemption was assembled of other parts", e);
    }
  }

  /** The statement that {@code compact} spells. */
  public static RedemptionStatement parse(String compact) throws MalformedRedemptionException {
    try {
      CompactJws jws = CompactJws.parse(compact, MAX_LENGTH);
      OutcomeStatement.Signer signer = OutcomeStatement.signer(jws, TYPE);
      RedemptionClaims claims = RedemptionClaims.parse(jws.payload());
      if (claims.possession().isPresent() == signer instanceof OutcomeStatement.Signer.Holder) {
        throw new InvalidValueException(
            "possession",
            "present exactly where a gateway asks",
            claims.possession().isPresent() ? "present" : "absent");
      }
      return new RedemptionStatement(jws, signer, claims);
    } catch (MalformedJwsException | MalformedJsonException e) {
      throw new MalformedRedemptionException(e);
    } catch (InvalidValueException e) {
      throw new MalformedRedemptionException(e);
    }
  }

  /** What it says. */
  public RedemptionClaims claims() {
    return claims;
  }

  /** Whose word it is said to be. */
  public OutcomeStatement.Signer signer() {
    return signer;
  }

  /** The commitment to its question, as the leaf of its answer has it. */
  public Commitment asked() {
    return claims.asked(signer.kid());
  }

  /** The compact serialization. */
  public String compact() {
    return jws.compact();
  }

  /**
   * Whether the signature holds under {@code verifier}'s key, and that key is the one that the header
   * names. Who the key belongs to is not said.
   */
  public boolean isSignedBy(P256Verifier verifier) {
    return JwkThumbprint.of(verifier.publicKey()).equals(signer.kid())
        && verifier.verifyP1363(jws.signingInput(), jws.signature());
  }

  /** SHA-256 of the ASCII {@code header.payload}. */
  public Hash digest() {
    return jws.digest();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RedemptionStatement that && compact().equals(that.compact());
  }

  @Override
  public int hashCode() {
    return compact().hashCode();
  }

  @Override
  public String toString() {
    return "redemption of " + claims.jti();
  }
}
