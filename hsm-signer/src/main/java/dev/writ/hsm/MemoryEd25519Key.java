// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import dev.writ.hsm.SignatureTally.Purpose;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;

/**
 * An Ed25519 key in this process's memory, for the ledger's second signature alone: whoever reads that memory
 * has it. Signs from any number of threads, also while the token is away.
 *
 * <p>What it signs is counted with what the token signs, under the same names.
 */
public final class MemoryEd25519Key implements Ed25519Key {
  /** RFC 8032, section 5.1.5: a private key is 32 random bytes. */
  static final int SEED_BYTES = 32;

  private final KeySpec spec;
  private final KeyStorage storage;
  private final PrivateKey privateKey;
  private final EdECPublicKey publicKey;
  private final SignatureTally tally;

  private MemoryEd25519Key(
      KeySpec spec,
      KeyStorage storage,
      PrivateKey privateKey,
      EdECPublicKey publicKey,
      SignatureTally tally) {
    this.spec = spec;
    this.storage = storage;
    this.privateKey = privateKey;
    this.publicKey = publicKey;
    this.tally = tally;
  }

  /**
   * Both halves of a key, zeroed by {@link #close}.
   *
   * @param seed the private half, 32 bytes
   * @param point the public half, 32 bytes
   */
  public record Halves(byte[] seed, byte[] point) implements AutoCloseable {
    @Override
    public void close() {
      Arrays.fill(seed, (byte) 0);
    }

    @Override
    public String toString() {
      return "Halves";
    }
  }

  /** Makes a key. */
  public static Halves generate(SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
      generator.initialize(NamedParameterSpec.ED25519, random);
      KeyPair pair = generator.generateKeyPair();
      return new Halves(
          ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow(),
          KeyAlgorithm.edwardsPoint((EdECPublicKey) pair.getPublic()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java 17 makes Ed25519 keys; this one does not", e);
    }
  }

  /**
   * The Ed25519 key of a token that has none and wraps none, which a host's TPM had sealed.
   *
   * @param token counts what it signs
   * @param seed the private half, which stays the caller's to zero
   * @param point the public half, which the key must have
   */
  public static MemoryEd25519Key sealed(
      Token token, KeyInventory inventory, byte[] seed, byte[] point) throws HsmException {
    return of(
        inventory.spec(KeyRole.CHECKPOINT_ED25519), KeyStorage.SEALED, seed, point, token.tally());
  }

  /**
   * The key of {@code seed}, which stays the caller's to zero.
   *
   * @param point the public half, which the key must have: what it signs must verify
   * @throws HsmException with {@link Fault#KEY_AMBIGUOUS} if it has another
   */
  static MemoryEd25519Key of(
      KeySpec spec, KeyStorage storage, byte[] seed, byte[] point, SignatureTally tally)
      throws HsmException {
    try {
      PublicKey publicKey = KeyAlgorithm.ED25519.publicKey(point);
      PrivateKey privateKey =
          KeyFactory.getInstance("Ed25519")
              .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
      MemoryEd25519Key key =
          new MemoryEd25519Key(spec, storage, privateKey, (EdECPublicKey) publicKey, tally);
      byte[] challenge = new byte[1];
      if (!KeyAlgorithm.ED25519.verifies(publicKey, challenge, key.signature(challenge))) {
        throw new HsmException(
            Fault.KEY_AMBIGUOUS,
            "the "
                + storage.wire()
                + " key "
                + spec
                + " must have the public half beside it, and"
                + " has another: restore its file");
      }
      tally.count(spec, Purpose.PROOF);
      return key;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java 17 has Ed25519; this one has not", e);
    } catch (GeneralSecurityException e) {
      throw new HsmException(
          Fault.KEY_AMBIGUOUS,
          "the "
              + storage.wire()
              + " key "
              + spec
              + " must be one of Ed25519, and is not: restore"
              + " its file",
          e);
    }
  }

  @Override
  public KeySpec spec() {
    return spec;
  }

  @Override
  public KeyStorage storage() {
    return storage;
  }

  @Override
  public EdECPublicKey publicKey() {
    return publicKey;
  }

  @Override
  public byte[] sign(byte[] message) {
    byte[] signature = signature(message);
    tally.count(spec, Purpose.SERVICE);
    return signature;
  }

  private byte[] signature(byte[] message) {
    try {
      Signature signer = Signature.getInstance("Ed25519");
      signer.initSign(privateKey);
      signer.update(message);
      return signer.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("bug: an Ed25519 key must sign any message", e);
    }
  }

  @Override
  public String toString() {
    return spec + ", " + storage.wire();
  }
}
