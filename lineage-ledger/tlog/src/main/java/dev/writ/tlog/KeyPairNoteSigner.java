// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.util.Arrays;

/**
 * Signs notes with a key in this process's memory, where whoever reads the memory reads the key: for
 * the Ed25519 line that only the witness ecosystem reads, and for logs of no assurance.
 */
public final class KeyPairNoteSigner implements NoteSigner {
  private final NoteKey key;
  private final String algorithm;
  private final PrivateKey privateKey;

  private KeyPairNoteSigner(NoteKey key, String algorithm, PrivateKey privateKey) {
    this.key = key;
    this.algorithm = algorithm;
    this.privateKey = privateKey;
  }

  /**
   * A signer under {@code name}: type 0x01 for an Ed25519 pair, type 0x02 for a P-256 pair.
   *
   * @throws IllegalArgumentException if the pair is of another kind, or the name not a key name
   */
  public static KeyPairNoteSigner of(String name, KeyPair pair) {
    PublicKey publicKey = pair.getPublic();
    if (publicKey instanceof ECPublicKey p256) {
      return new KeyPairNoteSigner(
          NoteKey.ofP256(name, p256), "SHA256withECDSA", pair.getPrivate());
    }
    if (publicKey instanceof EdECPublicKey ed25519) {
      // The key is the last field of its SubjectPublicKeyInfo (RFC 8410 section 4).
      byte[] spki = ed25519.getEncoded();
      byte[] point =
          Arrays.copyOfRange(
              spki, Math.max(0, spki.length - Ed25519Verifier.KEY_BYTES), spki.length);
      return new KeyPairNoteSigner(NoteKey.ofEd25519(name, point), "Ed25519", pair.getPrivate());
    }
    throw new IllegalArgumentException(
        "a key pair for notes must be Ed25519 or P-256, was " + publicKey.getAlgorithm());
  }

  @Override
  public NoteKey key() {
    return key;
  }

  @Override
  public byte[] sign(byte[] text) throws NoteSigningException {
    try {
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(privateKey);
      signature.update(text);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new NoteSigningException(
          e.getClass().getSimpleName(),
          "key " + key.name() + " must sign with " + algorithm + ", could not",
          e);
    }
  }

  @Override
  public String toString() {
    return "signer of " + key;
  }
}
