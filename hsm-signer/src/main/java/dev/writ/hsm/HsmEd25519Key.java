// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.SignatureTally.Purpose;
import java.security.interfaces.EdECPublicKey;
import java.util.Map;

/** An Ed25519 key in a token (CKM_EDDSA). Signs from any number of threads. */
public final class HsmEd25519Key implements Ed25519Key {
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

  @Override
  public KeySpec spec() {
    return spec;
  }

  @Override
  public KeyStorage storage() {
    return KeyStorage.TOKEN;
  }

  @Override
  public EdECPublicKey publicKey() {
    return publicKey;
  }

  /** What the token said of the private key when it was opened, by attribute name. */
  public Map<String, Boolean> attributes() {
    return attributes;
  }

  @Override
  public byte[] sign(byte[] message) throws HsmException {
    return token.sign(spec, Purpose.SERVICE, message);
  }

  @Override
  public String toString() {
    return spec.toString();
  }
}
