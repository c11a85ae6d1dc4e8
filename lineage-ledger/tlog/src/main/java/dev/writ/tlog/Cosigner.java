// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.nio.ByteBuffer;
import java.security.KeyPair;
import java.time.Instant;

/**
 * Makes cosignatures of type 0x04 (c2sp.org/tlog-cosignature, "Ed25519 signed message") with a key in
 * this process's memory.
 *
 * <p>A cosignature says that at its time the tree was the largest one seen of its log, and consistent
 * with all before: whoever calls this answers for that.
 */
public final class Cosigner {
  private final NoteKey key;
  private final KeyPairNoteSigner signer;

  private Cosigner(NoteKey key, KeyPairNoteSigner signer) {
    this.key = key;
    this.signer = signer;
  }

  /**
   * A cosigner under {@code name}.
   *
   * @throws IllegalArgumentException if the pair is not Ed25519, or the name not a key name
   */
  public static Cosigner of(String name, KeyPair ed25519) {
    KeyPairNoteSigner signer = KeyPairNoteSigner.of(name, ed25519);
    if (signer.key().type() != NoteKeyType.ED25519) {
      throw new IllegalArgumentException(
          "a cosigner's key pair must be Ed25519, was " + ed25519.getPublic().getAlgorithm());
    }
    return new Cosigner(NoteKey.ofCosigner(name, signer.key().publicKey()), signer);
  }

  /** The key that verifies what this makes. */
  public NoteKey key() {
    return key;
  }

  /**
   * Cosigns the text of a checkpoint.
   *
   * @param time cut to seconds
   * @throws IllegalArgumentException if the time is before 1970
   * @throws NoteSigningException if the key could not sign
   */
  public NoteSignature cosign(byte[] text, Instant time) throws NoteSigningException {
    long seconds = time.getEpochSecond();
    if (seconds < 0) {
      throw new IllegalArgumentException(
          "a cosignature's time must not be before 1970, was " + time);
    }
    byte[] prefix = NoteVerifier.cosignaturePrefix(seconds);
    byte[] message = ByteBuffer.allocate(prefix.length + text.length).put(prefix).put(text).array();
    byte[] signature = signer.sign(message);
    byte[] timed =
        ByteBuffer.allocate(Long.BYTES + signature.length).putLong(seconds).put(signature).array();
    return new NoteSignature(key.name(), key.keyId(), timed);
  }

  @Override
  public String toString() {
    return "cosigner " + key;
  }
}
