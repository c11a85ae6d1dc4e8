// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import sun.security.pkcs11.wrapper.CK_ATTRIBUTE;
import sun.security.pkcs11.wrapper.CK_GCM_PARAMS;
import sun.security.pkcs11.wrapper.CK_MECHANISM;
import sun.security.pkcs11.wrapper.PKCS11Constants;

/**
 * An AES-256 key in a token that encrypts another key's bytes, by CKM_AES_GCM (PKCS#11 v2.40, Current
 * Mechanisms, section 2.12.2). It goes by the names of the key that it wraps, and never leaves the token.
 */
final class WrappingKey {
  static final int NONCE_BYTES = 12;
  static final int TAG_BYTES = 16;

  private static final long KEY_BYTES = 32;

  /** CKM_AES_KEY_GEN and CKM_AES_GCM. */
  private static final long GENERATION = 0x1080;

  private static final long GCM = 0x1087;

  private static final CK_ATTRIBUTE SECRET_KEY =
      new CK_ATTRIBUTE(PKCS11Constants.CKA_CLASS, PKCS11Constants.CKO_SECRET_KEY);

  private final CryptokiSession session;
  private final KeySpec spec;
  private final long handle;

  private WrappingKey(CryptokiSession session, KeySpec spec, long handle) {
    this.session = session;
    this.spec = spec;
    this.handle = handle;
  }

  /** Whether a token with these mechanisms can have one. */
  static boolean isPossible(Set<Long> mechanisms) {
    return mechanisms.contains(GENERATION) && mechanisms.contains(GCM);
  }

  /** Makes one; nothing goes by {@code spec}'s names yet. */
  static WrappingKey make(CryptokiSession session, KeySpec spec) throws CkrException, HsmException {
    long handle =
        session.generateKey(
            GENERATION,
            SECRET_KEY,
            new CK_ATTRIBUTE(PKCS11Constants.CKA_TOKEN, true),
            new CK_ATTRIBUTE(PKCS11Constants.CKA_PRIVATE, true),
            new CK_ATTRIBUTE(PKCS11Constants.CKA_SENSITIVE, true),
            new CK_ATTRIBUTE(PKCS11Constants.CKA_EXTRACTABLE, false),
            new CK_ATTRIBUTE(PKCS11Constants.CKA_ENCRYPT, true),
            new CK_ATTRIBUTE(PKCS11Constants.CKA_DECRYPT, true),
            new CK_ATTRIBUTE(PKCS11Constants.CKA_VALUE_LEN, KEY_BYTES),
            label(spec),
            id(spec));
    return checked(session, spec, handle);
  }

  /** Finds it, and checks that it is one that cannot leave. */
  static WrappingKey find(CryptokiSession session, KeySpec spec) throws CkrException, HsmException {
    long[] byId = session.find(SECRET_KEY, id(spec));
    long[] byLabel = session.find(SECRET_KEY, label(spec));
    session.requireLogin();
    if (byId.length == 0 && byLabel.length == 0) {
      throw new HsmException(
          Fault.KEY_MISSING,
          "the token must hold the key that wraps "
              + spec
              + ", and does not: open the token in which the wrapped key was made");
    }
    return checked(
        session,
        spec,
        TokenObjects.one(spec, "secret key", byId, byLabel, "remove or rename the others"));
  }

  private static WrappingKey checked(CryptokiSession session, KeySpec spec, long handle)
      throws CkrException, HsmException {
    boolean stays =
        session.attribute(handle, PKCS11Constants.CKA_SENSITIVE).getBoolean()
            && session.attribute(handle, PKCS11Constants.CKA_ALWAYS_SENSITIVE).getBoolean()
            && session.attribute(handle, PKCS11Constants.CKA_NEVER_EXTRACTABLE).getBoolean()
            && !session.attribute(handle, PKCS11Constants.CKA_EXTRACTABLE).getBoolean();
    if (!stays) {
      throw new HsmException(
          Fault.KEY_EXPOSED,
          "the key that wraps "
              + spec
              + " must be one that can never leave the token, and is not: it will not be used: remove"
              + " it and the file that it wraps, and make others");
    }
    return new WrappingKey(session, spec, handle);
  }

  /** Nonce, ciphertext and tag. */
  byte[] wrap(byte[] secret, byte[] context, SecureRandom random) throws CkrException {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    byte[] sealed = session.encrypt(gcm(nonce, context), handle, secret, secret.length + TAG_BYTES);
    byte[] wrapped = Arrays.copyOf(nonce, NONCE_BYTES + sealed.length);
    System.arraycopy(sealed, 0, wrapped, NONCE_BYTES, sealed.length);
    return wrapped;
  }

  /**
   * The secret, which the caller zeroes.
   *
   * @throws HsmException if it was wrapped by another key, in another context, or was altered
   */
  byte[] unwrap(byte[] wrapped, byte[] context) throws HsmException {
    byte[] nonce = Arrays.copyOf(wrapped, NONCE_BYTES);
    byte[] sealed = Arrays.copyOfRange(wrapped, NONCE_BYTES, wrapped.length);
    try {
      return session.decrypt(gcm(nonce, context), handle, sealed, sealed.length - TAG_BYTES);
    } catch (CkrException e) {
      // Tokens differ in what they call a tag that does not fit.
      throw HsmException.ofModule(
          Fault.KEY_AMBIGUOUS,
          "the wrapped key "
              + spec
              + " must be as this token wrapped it, and was altered, or another token did: restore its"
              + " file, or open that token",
          e);
    }
  }

  private static CK_MECHANISM gcm(byte[] nonce, byte[] context) {
    return new CK_MECHANISM(GCM, new CK_GCM_PARAMS(TAG_BYTES * Byte.SIZE, nonce, context));
  }

  private static CK_ATTRIBUTE label(KeySpec spec) {
    return new CK_ATTRIBUTE(
        PKCS11Constants.CKA_LABEL, spec.label().getBytes(StandardCharsets.US_ASCII));
  }

  private static CK_ATTRIBUTE id(KeySpec spec) {
    return new CK_ATTRIBUTE(PKCS11Constants.CKA_ID, HexFormat.of().parseHex(spec.idHex()));
  }
}
