// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.hsm.SignatureTally.Purpose;
import java.util.Arrays;
import sun.security.pkcs11.wrapper.CK_ATTRIBUTE;
import sun.security.pkcs11.wrapper.CK_MECHANISM;
import sun.security.pkcs11.wrapper.PKCS11;
import sun.security.pkcs11.wrapper.PKCS11Constants;
import sun.security.pkcs11.wrapper.PKCS11Exception;

/**
 * One session with a token. A session does one thing at a time (PKCS#11 v2.40, section 2.6), hence the
 * lock.
 */
final class CryptokiSession implements AutoCloseable {
  /** More objects than this by one name are as wrong as this many. */
  private static final long MAX_FOUND = 8;

  @GuardedBy("this")
  private final PKCS11 module;

  private final CallGate gate;
  private final long handle;

  CryptokiSession(PKCS11 module, CallGate gate, long handle) {
    this.module = module;
    this.gate = gate;
    this.handle = handle;
  }

  /** What is done inside the module. */
  @FunctionalInterface
  private interface Call<T> {
    T in(PKCS11 module) throws PKCS11Exception;
  }

  @FunctionalInterface
  private interface Act {
    void in(PKCS11 module) throws PKCS11Exception;
  }

  private synchronized <T> T call(Call<T> call) throws CkrException {
    gate.enter();
    try {
      return call.in(module);
    } catch (PKCS11Exception e) {
      throw new CkrException(e);
    } finally {
      gate.leave();
    }
  }

  private synchronized void act(Act act) throws CkrException {
    gate.enter();
    try {
      act.in(module);
    } catch (PKCS11Exception e) {
      throw new CkrException(e);
    } finally {
      gate.leave();
    }
  }

  /** C_Login as the user, for every session of this process with the token. */
  void login(Pin pin) throws CkrException {
    char[] chars = pin.utf8Chars();
    try {
      act(module -> module.C_Login(handle, PKCS11Constants.CKU_USER, chars));
    } finally {
      Arrays.fill(chars, '\0');
    }
  }

  void logout() throws CkrException {
    act(module -> module.C_Logout(handle));
  }

  /**
   * Demands that the login holds: without one, a search does not find private objects, and does not say so
   * (PKCS#11 v2.40, section 4.4, CKA_PRIVATE). Where a search must not miss any, this comes after it.
   */
  void requireLogin() throws CkrException {
    long state = call(module -> module.C_GetSessionInfo(handle).state);
    if (state != PKCS11Constants.CKS_RO_USER_FUNCTIONS
        && state != PKCS11Constants.CKS_RW_USER_FUNCTIONS) {
      throw new CkrException(ReturnValue.CKR_USER_NOT_LOGGED_IN);
    }
  }

  /** A session that will not close is lost with its token: whoever closes it has said what failed. */
  @Override
  public void close() {
    try {
      act(module -> module.C_CloseSession(handle));
    } catch (CkrException e) {
      return;
    }
  }

  /** The handles of objects that have all of {@code attributes}. */
  long[] find(CK_ATTRIBUTE... attributes) throws CkrException {
    return call(
        module -> {
          module.C_FindObjectsInit(handle, attributes);
          try {
            return module.C_FindObjects(handle, MAX_FOUND);
          } finally {
            module.C_FindObjectsFinal(handle);
          }
        });
  }

  /** Likewise, for a search that may find many: the first {@code most} of them. */
  long[] findAll(int most, CK_ATTRIBUTE... attributes) throws CkrException {
    return call(
        module -> {
          module.C_FindObjectsInit(handle, attributes);
          try {
            long[] all = new long[0];
            long[] next = module.C_FindObjects(handle, most);
            while (next.length > 0 && all.length < most) {
              int before = all.length;
              all = Arrays.copyOf(all, Math.min(most, before + next.length));
              System.arraycopy(next, 0, all, before, all.length - before);
              next = module.C_FindObjects(handle, most);
            }
            return all;
          } finally {
            module.C_FindObjectsFinal(handle);
          }
        });
  }

  /** One attribute of an object, typed as PKCS#11 types it. */
  CK_ATTRIBUTE attribute(long object, long type) throws CkrException {
    CK_ATTRIBUTE[] attributes = {new CK_ATTRIBUTE(type)};
    act(module -> module.C_GetAttributeValue(handle, object, attributes));
    return attributes[0];
  }

  void create(CK_ATTRIBUTE... attributes) throws CkrException {
    act(module -> module.C_CreateObject(handle, attributes));
  }

  void destroy(long object) throws CkrException {
    act(module -> module.C_DestroyObject(handle, object));
  }

  /** Makes a key pair by {@code mechanism} and gives the public key's handle. */
  long generateKeyPair(long mechanism, CK_ATTRIBUTE[] publicKey, CK_ATTRIBUTE[] privateKey)
      throws CkrException {
    return call(
        module ->
            module.C_GenerateKeyPair(handle, new CK_MECHANISM(mechanism), publicKey, privateKey)[
                0]);
  }

  /** Signs {@code data} with a key of whoever opened the session, which no service accounts for. */
  byte[] sign(Mechanism mechanism, long key, byte[] data) throws CkrException {
    return call(
        module -> {
          module.C_SignInit(handle, new CK_MECHANISM(mechanism.code()), key);
          return module.C_Sign(handle, data);
        });
  }

  /** Makes a secret key by {@code mechanism} and gives its handle. */
  long generateKey(long mechanism, CK_ATTRIBUTE... attributes) throws CkrException {
    return call(module -> module.C_GenerateKey(handle, new CK_MECHANISM(mechanism), attributes));
  }

  /**
   * Encrypts {@code data} with a secret key.
   *
   * @param length of what comes out
   */
  byte[] encrypt(CK_MECHANISM mechanism, long key, byte[] data, int length) throws CkrException {
    return call(
        module -> {
          byte[] out = new byte[length];
          module.C_EncryptInit(handle, mechanism, key);
          int made = module.C_Encrypt(handle, 0, data, 0, data.length, 0, out, 0, length);
          requireLength(length, made);
          return out;
        });
  }

  /** Likewise, decrypts. */
  byte[] decrypt(CK_MECHANISM mechanism, long key, byte[] data, int length) throws CkrException {
    // Modules want room for as much as they are given.
    byte[] room = new byte[data.length];
    try {
      return call(
          module -> {
            module.C_DecryptInit(handle, mechanism, key);
            int made = module.C_Decrypt(handle, 0, data, 0, data.length, 0, room, 0, room.length);
            requireLength(length, made);
            return Arrays.copyOf(room, length);
          });
    } finally {
      Arrays.fill(room, (byte) 0);
    }
  }

  private static void requireLength(int length, int made) {
    if (made != length) {
      throw new IllegalStateException(
          "the module must give " + length + " bytes, and gave " + made);
    }
  }

  /**
   * Signs {@code data}: what it must be and what comes out is the mechanism's of {@code spec}'s algorithm.
   *
   * @param key the handle of {@code spec}'s private key
   */
  byte[] sign(SignatureTally tally, PendingSignature pending, long key, byte[] data)
      throws CkrException {
    KeySpec spec = pending.key();
    return call(
        module -> {
          module.C_SignInit(handle, new CK_MECHANISM(spec.algorithm().mechanism().code()), key);
          byte[] signature;
          try {
            signature = module.C_Sign(handle, data);
          } catch (PKCS11Exception e) {
            if (ReturnValue.of(e).remedy() != ReturnValue.Remedy.NONE) {
              tally.count(spec, Purpose.UNKNOWN);
            }
            throw e;
          }
          tally.count(spec, pending.made());
          return signature;
        });
  }
}
