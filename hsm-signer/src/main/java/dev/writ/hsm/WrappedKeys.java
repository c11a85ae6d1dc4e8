// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The Ed25519 key of a token that has no CKM_EDDSA: made in memory, kept in a file that one of the token's
 * keys encrypts, and in clear in the memory of the process that signs with it.
 *
 * <p>It is worth less than a key in a token, and does less: the ledger's second signature, which gives no
 * issuing authority.
 */
public final class WrappedKeys {
  /** The longest file that is read. */
  public static final int MAX_FILE_BYTES = WrappedKeyFile.MAX_BYTES;

  private WrappedKeys() {}

  /**
   * Whether the token can wrap a key, must, since it makes none of this kind itself, and has not: nothing goes
   * by the key's names.
   */
  public static boolean isMissing(Token token, KeyInventory inventory) throws HsmException {
    if (token.supports(KeyAlgorithm.ED25519) || !token.wraps()) {
      return false;
    }
    KeySpec spec = inventory.spec(KeyRole.CHECKPOINT_ED25519);
    try (CryptokiSession session = token.openWritableSession()) {
      return !new TokenObjects(session).isTaken(spec);
    } catch (CkrException e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED, "the token must list its objects, and failed", e);
    }
  }

  /** Whether the token neither makes such a key nor wraps one. */
  public static boolean isOutOfReach(Token token) throws HsmException {
    return !token.supports(KeyAlgorithm.ED25519) && !token.wraps();
  }

  /**
   * Makes the key, and in the token the key that wraps it, if that is not there from an earlier try.
   *
   * @param random makes the key and the nonce
   * @return the file's content, without which the key is lost
   */
  public static byte[] make(Token token, KeyInventory inventory, SecureRandom random)
      throws HsmException {
    KeySpec spec = inventory.spec(KeyRole.CHECKPOINT_ED25519);
    token.requireRoom();
    try (MemoryEd25519Key.Halves halves = MemoryEd25519Key.generate(random);
        CryptokiSession session = token.openWritableSession()) {
      byte[] point = halves.point();
      WrappingKey wrapping =
          new TokenObjects(session).isTaken(spec)
              ? WrappingKey.find(session, spec)
              : WrappingKey.make(session, spec);
      byte[] wrapped = wrapping.wrap(halves.seed(), WrappedKeyFile.context(spec, point), random);
      byte[] file = new WrappedKeyFile(spec, point, wrapped).bytes();
      var unused = open(token, inventory, file);
      token.requireRoom();
      return file;
    } catch (CkrException e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED, "the token must wrap the key " + spec + ", and failed", e);
    } catch (MalformedHsmConfigException e) {
      throw new IllegalStateException("bug: the file that was just made must be well-formed", e);
    }
  }

  /**
   * Unwraps the key.
   *
   * @param file as {@link #make} gave it
   * @throws HsmException if the token did not wrap it, or it was altered since
   */
  public static Ed25519Key open(Token token, KeyInventory inventory, byte[] file)
      throws HsmException, MalformedHsmConfigException {
    KeySpec spec = inventory.spec(KeyRole.CHECKPOINT_ED25519);
    WrappedKeyFile parsed = WrappedKeyFile.parse(spec, file);
    byte[] seed = new byte[0];
    try (CryptokiSession session = token.openWritableSession()) {
      seed =
          WrappingKey.find(session, spec)
              .unwrap(parsed.wrapped(), WrappedKeyFile.context(spec, parsed.point()));
      return MemoryEd25519Key.of(spec, KeyStorage.WRAPPED, seed, parsed.point(), token.tally());
    } catch (CkrException e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED, "the token must unwrap the key " + spec + ", and failed", e);
    } finally {
      Arrays.fill(seed, (byte) 0);
    }
  }
}
