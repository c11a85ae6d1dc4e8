// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.SignatureTally.Purpose;
import java.security.interfaces.EdECPublicKey;
import java.util.Arrays;
import java.util.Map;

/** An Ed25519 key in a token (CKM_EDDSA). Signs from any number of threads. */
public final class HsmEd25519Key {
  private static final int POINT_BYTES = 32;

  private final Token token;
  private final KeySpec spec;
  private final EdECPublicKey publicKey;
  private final Map<String, Boolean> attributes;

  HsmEd25519Key(Token token, FoundKey found) {
    if (!(found.publicKey() instanceof EdECPublicKey edwards)) {
      throw new IllegalStateException("bug: an Ed25519 key was found with another public key");
    }
    this.token = token;
    this.spec = found.spec();
    this.publicKey = edwards;
    this.attributes = found.attributes();
  }

  /** The names by which the token knows the key. */
  public KeySpec spec() {
    return spec;
  }

  /** The public half. */
  public EdECPublicKey publicKey() {
    return publicKey;
  }

  /** The public half as an encoded point, 32 bytes (RFC 8032, section 5.1.2). */
  public byte[] point() {
    // The last field of its SubjectPublicKeyInfo (RFC 8410, section 4).
    byte[] spki = publicKey.getEncoded();
    return Arrays.copyOfRange(spki, spki.length - POINT_BYTES, spki.length);
  }

  /** What the token said of the private key when it was opened, by attribute name. */
  public Map<String, Boolean> attributes() {
    return attributes;
  }

  /** The signature over {@code message} itself, 64 bytes (RFC 8032, section 5.1.6). */
  public byte[] sign(byte[] message) throws HsmException {
    return token.sign(spec, Purpose.SERVICE, message);
  }

  @Override
  public String toString() {
    return spec.toString();
  }
}
