// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.util.Map;

/**
 * An ECDSA P-256 key in a token. Signs from any number of threads; the token's profile says how many
 * signatures may be under way at once.
 */
public final class HsmKey {
  /** What no artifact, checkpoint or certificate begins with. */
  private static final byte[] KEEP_ALIVE =
      "writ-keep-alive-v1\0".getBytes(StandardCharsets.US_ASCII);

  private final Token token;
  private final KeySpec spec;
  private final FoundKey found;

  HsmKey(Token token, KeySpec spec, FoundKey found) {
    this.token = token;
    this.spec = spec;
    this.found = found;
  }

  /** What the key is believed in. */
  public KeyRole role() {
    return spec.role();
  }

  /** The names by which the token knows the key. */
  public KeySpec spec() {
    return spec;
  }

  /** The public half; its key identifier is the caller's to compute. */
  public ECPublicKey publicKey() {
    return found.publicKey();
  }

  /**
   * The certificate beside the key, signed by the key itself: PKCS#11 key stores list no key without
   * one. It vouches for nothing.
   */
  public X509Certificate certificate() {
    return found.certificate();
  }

  /** What the token said of the private key when it was opened, by attribute name. */
  public Map<String, Boolean> attributes() {
    return found.attributes();
  }

  /**
   * ECDSA over the SHA-256 of {@code message}, as JWS carries it: r ‖ s, 64 bytes (RFC 7518, section
   * 3.4).
   */
  public byte[] signP1363(byte[] message) throws HsmException {
    byte[] signature = token.sign(spec, Mechanism.ECDSA, EcdsaP256.digest(message));
    if (signature.length != EcdsaP256.SIGNATURE_BYTES) {
      throw new HsmException(
          Fault.TOKEN_FAILED,
          String.format(
              "the token's signature with %s must be %d bytes, was %d",
              spec, EcdsaP256.SIGNATURE_BYTES, signature.length));
    }
    return signature;
  }

  /** ECDSA over the SHA-256 of {@code message}, as signed notes carry it: DER (RFC 3279, 2.2.3). */
  public byte[] signDer(byte[] message) throws HsmException {
    return EcdsaP256.der(signP1363(message));
  }

  /** Whether its token signs. */
  public TokenStatus tokenStatus() {
    return token.status();
  }

  /** Signs what means nothing, and demands that the signature is this key's. */
  void keepAlive() throws HsmException {
    try {
      if (!EcdsaP256.verifies(publicKey(), KEEP_ALIVE, signP1363(KEEP_ALIVE))) {
        throw new HsmException(
            Fault.TOKEN_AWAY,
            "the token must sign with the key " + spec + ", and its signature is not that key's");
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("bug: a key that has verified must verify", e);
    }
  }

  @Override
  public String toString() {
    return spec.toString();
  }
}
