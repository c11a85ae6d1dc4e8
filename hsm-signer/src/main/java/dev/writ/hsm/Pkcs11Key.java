// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.util.ArrayList;
import java.util.List;
import sun.security.pkcs11.wrapper.CK_ATTRIBUTE;
import sun.security.pkcs11.wrapper.PKCS11Constants;

/**
 * A person's P-256 key in a token, for a command that signs a few times and ends: found by a {@link
 * Pkcs11Uri}, without a certificate. One login, one session; not for several threads.
 *
 * <p>A service's keys are a {@link Token}'s, which looks after a connection; this gives up when it fails.
 */
public final class Pkcs11Key implements AutoCloseable {
  private static final int CHALLENGE_BYTES = 32;
  private static final KeyAlgorithm ALGORITHM = KeyAlgorithm.P256;

  private final Pkcs11Uri uri;
  private final CryptokiSession session;
  private final long handle;
  private final ECPublicKey publicKey;

  private Pkcs11Key(Pkcs11Uri uri, CryptokiSession session, long handle, ECPublicKey publicKey) {
    this.uri = uri;
    this.session = session;
    this.handle = handle;
    this.publicKey = publicKey;
  }

  /**
   * Logs in, finds the one key pair that goes by the URI's names, and proves by a signature that its
   * halves belong together. The PIN is shown to the token once.
   *
   * @throws HsmException if the key is missing, there are several, or the token says that it can leave it
   */
  public static Pkcs11Key open(Pkcs11Uri uri) throws HsmException {
    TokenProfile profile = TokenProfile.ofModule(uri.module());
    try (TokenLogin login =
        TokenLogin.prepare(profile, uri.token(), PinSource.file(uri.pinFile()))) {
      Cryptoki cryptoki = LoadedModules.get(profile, System::getenv);
      Cryptoki.Slot slot = cryptoki.slot(uri.token());
      PinTries.requireSafe(uri.token(), slot.flags());
      CryptokiSession session = cryptoki.openSession(slot.id(), profile.sessions());
      boolean found = false;
      try {
        login.login(cryptoki, slot, session);
        Pkcs11Key key = find(uri, session);
        found = true;
        return key;
      } finally {
        if (!found) {
          session.close();
        }
      }
    } catch (CkrException e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED, "the token must find the key " + uri + ", and failed", e);
    }
  }

  private static Pkcs11Key find(Pkcs11Uri uri, CryptokiSession session)
      throws HsmException, CkrException {
    long handle = one(uri, session, PKCS11Constants.CKO_PRIVATE_KEY, "private key");
    PrivateKeyCheck.requirePersonal(session, handle, uri.toString());
    long shown = one(uri, session, PKCS11Constants.CKO_PUBLIC_KEY, "public key");
    byte[] challenge = new byte[CHALLENGE_BYTES];
    new SecureRandom().nextBytes(challenge);
    try {
      ECPublicKey publicKey =
          (ECPublicKey)
              ALGORITHM.publicKeyOf(
                  session.attribute(shown, PKCS11Constants.CKA_EC_POINT).getByteArray());
      Pkcs11Key key = new Pkcs11Key(uri, session, handle, publicKey);
      if (ALGORITHM.verifies(publicKey, challenge, key.sign(challenge))) {
        return key;
      }
    } catch (GeneralSecurityException e) {
      throw new HsmException(Fault.KEY_AMBIGUOUS, notThePair(uri), e);
    }
    throw new HsmException(Fault.KEY_AMBIGUOUS, notThePair(uri));
  }

  private static String notThePair(Pkcs11Uri uri) {
    return "the public key "
        + uri
        + " must be of P-256 and its private key's, and is not: name another pair, or put the right"
        + " public key beside it";
  }

  /** What there is one of, whoever made the objects. */
  private static long one(Pkcs11Uri uri, CryptokiSession session, long type, String what)
      throws HsmException, CkrException {
    List<CK_ATTRIBUTE> names = new ArrayList<>();
    names.add(new CK_ATTRIBUTE(PKCS11Constants.CKA_CLASS, type));
    uri.object()
        .ifPresent(
            label ->
                names.add(
                    new CK_ATTRIBUTE(
                        PKCS11Constants.CKA_LABEL, label.getBytes(StandardCharsets.UTF_8))));
    uri.id().ifPresent(id -> names.add(new CK_ATTRIBUTE(PKCS11Constants.CKA_ID, id)));
    long[] found = session.find(names.toArray(CK_ATTRIBUTE[]::new));
    session.requireLogin();
    if (found.length == 0) {
      throw new HsmException(
          Fault.KEY_MISSING,
          "there must be a "
              + what
              + " "
              + uri
              + ", and is none: give the names of one that is there, as pkcs11-tool lists them");
    }
    if (found.length > 1) {
      throw new HsmException(
          Fault.KEY_AMBIGUOUS,
          "there must be one "
              + what
              + " "
              + uri
              + ", and there are several: name it by object and id, or rename the others");
    }
    return found[0];
  }

  /** The public half. */
  public ECPublicKey publicKey() {
    return publicKey;
  }

  /** ES256 over {@code message}: r ‖ s, 64 bytes. */
  public byte[] sign(byte[] message) throws HsmException {
    try {
      return session.sign(ALGORITHM.mechanism(), handle, ALGORITHM.toBeSigned(message));
    } catch (CkrException e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED,
          "the key "
              + uri
              + " must sign after the one login, and failed"
              + (e.is(ReturnValue.CKR_USER_NOT_LOGGED_IN.code())
                  ? ": one that asks for the PIN at each signature is not used, name another"
                  : ""),
          e);
    }
  }

  /** Ends the session, and with it the login where nothing else of this process has one. */
  @Override
  public void close() {
    session.close();
  }

  @Override
  public String toString() {
    return "key " + uri;
  }
}
