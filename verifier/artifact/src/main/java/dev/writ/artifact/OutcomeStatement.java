// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.P256Verifier;
import java.security.interfaces.ECPublicKey;

/**
 * A signed word on how an execution ended: a JWS in compact serialization, ES256, whose header names
 * the signer and nothing else.
 *
 * <p>Holding one says that it is well formed. Who reads it verifies the signature ({@link #isSignedBy}),
 * and that the signer is the artifact's holder, by {@code cnf.jkt}, or a gateway of the trust file.
 */
public final class OutcomeStatement {
  /** The header's {@code typ}. */
  public static final String TYPE = "writ-outcome+jwt";

  /** Longest compact serialization accepted, in characters. */
  public static final int MAX_LENGTH = 2048;

  private static final String JWK_START =
      "{\"alg\":\"ES256\",\"jwk\":{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"";
  private static final String JWK_Y = "\",\"y\":\"";
  private static final String JWK_END = "\"},\"typ\":\"";

  /** Base64url of 32 bytes. */
  private static final int COORDINATE_CHARS = 43;

  /** Whose word it is said to be. */
  public sealed interface Signer {
    /** RFC 7638 thumbprint of the key. */
    Hash kid();

    /** Who reports. */
    Reporter reporter();

    /**
     * Who holds the artifact. The header carries the key, because verifiers know its thumbprint alone.
     *
     * @param key the key whose thumbprint must be the artifact's {@code cnf.jkt}
     */
    record Holder(ECPublicKey key) implements Signer {
      @Override
      public Hash kid() {
        return JwkThumbprint.of(key);
      }

      @Override
      public Reporter reporter() {
        return Reporter.HOLDER;
      }
    }

    /**
     * A gateway.
     *
     * @param kid thumbprint of a key that must be among the trust file's gateways
     */
    record Gateway(Hash kid) implements Signer {
      @Override
      public Reporter reporter() {
        return Reporter.GATEWAY;
      }
    }
  }

  private final CompactJws jws;
  private final Signer signer;
  private final OutcomeClaims claims;

  private OutcomeStatement(CompactJws jws, Signer signer, OutcomeClaims claims) {
    this.jws = jws;
    this.signer = signer;
    this.claims = claims;
  }

  /**
   * What the signer signs: ASCII {@code base64url(header) . base64url(payload)}.
   *
   * @throws IllegalArgumentException if a holder's key is no point of P-256
   */
  public static byte[] signingInput(Signer signer, OutcomeClaims claims) {
    return CompactJws.signingInput(header(signer, TYPE), claims.toMap());
  }

  /**
   * The statement of a signing input and its signature, which is not verified.
   *
   * @param signingInput what {@link #signingInput} gave
   * @param p1363Signature r ‖ s, 64 bytes (RFC 7518 section 3.4)
   * @throws IllegalStateException if the two do not make a statement
   */
  public static OutcomeStatement assemble(byte[] signingInput, byte[] p1363Signature) {
    try {
      return parse(CompactJws.assemble(signingInput, p1363Signature));
    } catch (MalformedOutcomeException e) {
      throw new IllegalStateException("bug: an outcome was assembled of other parts", e);
    }
  }

  /** The statement that {@code compact} spells. */
  public static OutcomeStatement parse(String compact) throws MalformedOutcomeException {
    try {
      CompactJws jws = CompactJws.parse(compact, MAX_LENGTH);
      return new OutcomeStatement(jws, signer(jws, TYPE), OutcomeClaims.parse(jws.payload()));
    } catch (MalformedJwsException | MalformedJsonException e) {
      throw new MalformedOutcomeException(e);
    } catch (InvalidValueException e) {
      throw new MalformedOutcomeException(e);
    }
  }

  /** The header of a statement of {@code type} that this signer makes. */
  static String header(Signer signer, String type) {
    if (signer instanceof Signer.Holder holder) {
      VerificationKey key = VerificationKey.of(holder.key());
      return JWK_START + key.x() + JWK_Y + key.y() + jwkEnd(type);
    }
    return CompactJws.header(signer.kid(), type);
  }

  private static String jwkEnd(String type) {
    return JWK_END + type + "\"}";
  }

  /** What the header names, whose JSON has one spelling for each of the two kinds. */
  static Signer signer(CompactJws jws, String type) throws MalformedJwsException {
    String header = jws.header();
    if (!header.startsWith(JWK_START)) {
      return new Signer.Gateway(jws.kid(type));
    }
    int y = JWK_START.length() + COORDINATE_CHARS + JWK_Y.length();
    if (header.length() == y + COORDINATE_CHARS + jwkEnd(type).length()) {
      byte[] x = Base64Url.decode(header.substring(JWK_START.length(), y - JWK_Y.length()));
      byte[] yBytes = Base64Url.decode(header.substring(y, y + COORDINATE_CHARS));
      if (x != null && yBytes != null) {
        Signer.Holder holder = new Signer.Holder(VerificationKey.point(x, yBytes));
        if (header(holder, type).equals(header)) {
          return holder;
        }
      }
    }
    throw new MalformedJwsException(
        "header", JWK_START + "<x>" + JWK_Y + "<y>" + jwkEnd(type) + " to the byte", header);
  }

  /** What it says. */
  public OutcomeClaims claims() {
    return claims;
  }

  /** Whose word it is said to be. */
  public Signer signer() {
    return signer;
  }

  /** SHA-256 of the ASCII {@code header.payload}: ECDSA has two signatures for every message. */
  public Hash digest() {
    return jws.digest();
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

  @Override
  public boolean equals(Object other) {
    return other instanceof OutcomeStatement that && compact().equals(that.compact());
  }

  @Override
  public int hashCode() {
    return compact().hashCode();
  }

  @Override
  public String toString() {
    return "outcome " + claims.state().wire() + " of " + claims.jti();
  }
}
