// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.SignatureTally.Purpose;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.util.Map;

/**
 * An ECDSA P-256 key in a token. Signs from any number of threads; the token's profile says how many
 * signatures may be under way at once.
 */
public final class HsmKey {
  private final Token token;
  private final KeySpec spec;
  private final ECPublicKey publicKey;
  private final X509Certificate certificate;
  private final Map<String, Boolean> attributes;

  HsmKey(Token token, FoundKey found) {
    if (!(found.publicKey() instanceof ECPublicKey ec) || found.certificate().isEmpty()) {
      throw new IllegalStateException("bug: a P-256 key was found without its certificate");
    }
    this.token = token;
    this.spec = found.spec();
    this.publicKey = ec;
    this.certificate = found.certificate().get();
    this.attributes = found.attributes();
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
    return publicKey;
  }

  /**
   * The certificate beside the key, signed by the key itself: PKCS#11 key stores list no key without
   * one. It vouches for nothing.
   */
  public X509Certificate certificate() {
    return certificate;
  }

  /** What the token said of the private key when it was opened, by attribute name. */
  public Map<String, Boolean> attributes() {
    return attributes;
  }

  /**
   * ECDSA over the SHA-256 of {@code message}, as JWS carries it: r ‖ s, 64 bytes (RFC 7518, section
   * 3.4).
   */
  public byte[] signP1363(byte[] message) throws HsmException {
    return token.sign(spec, Purpose.SERVICE, message);
  }

  /** ECDSA over the SHA-256 of {@code message}, as signed notes carry it: DER (RFC 3279, 2.2.3). */
  public byte[] signDer(byte[] message) throws HsmException {
    return KeyAlgorithm.der(signP1363(message));
  }

  /** The token that it lives in. */
  public Token token() {
    return token;
  }

  /** Whether its token signs with it, or the token's replica. */
  public TokenStatus tokenStatus() {
    return token.status(spec);
  }

  @Override
  public String toString() {
    return spec.toString();
  }
}
