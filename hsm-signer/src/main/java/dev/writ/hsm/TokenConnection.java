// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import dev.writ.hsm.ReturnValue.Remedy;
import dev.writ.hsm.SignatureTally.Purpose;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What holds as long as the module stays loaded and the token stays in its slot: a login, sessions and
 * the handles of keys. All of it ends together, and the next connection takes over nothing, since a
 * number that named a key in this one may name another in that.
 */
final class TokenConnection {
  private static final int CHALLENGE_BYTES = 32;

  private final Cryptoki cryptoki;
  private final Cryptoki.Slot slot;

  /** Open as long as the connection: the login ends with the last session. */
  private final CryptokiSession login;

  private final TokenProfile.Sessions kind;
  private final SignatureTally tally;

  /** One to each turn, opened with its first use and used by whoever has the turn. */
  private final AtomicReferenceArray<@Nullable CryptokiSession> sessions;

  private final Map<KeySpec, KeyHandle> handles = new ConcurrentHashMap<>();
  private final AtomicBoolean ended = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();

  /** The number by which the module knows a private key, and who is using it. */
  private record KeyHandle(long number, CallGate users) {
    static KeyHandle of(long number) {
      return new KeyHandle(number, new CallGate(ReturnValue.CKR_KEY_HANDLE_INVALID));
    }

    /** This one if it is the same that was found again. */
    KeyHandle or(KeyHandle found) {
      return number == found.number && !users.isClosed() ? this : found;
    }
  }

  private TokenConnection(
      Cryptoki cryptoki,
      Cryptoki.Slot slot,
      CryptokiSession login,
      TokenProfile.Sessions kind,
      int turns,
      SignatureTally tally) {
    this.cryptoki = cryptoki;
    this.slot = slot;
    this.login = login;
    this.kind = kind;
    this.tally = tally;
    this.sessions = new AtomicReferenceArray<>(turns);
    cryptoki.connected();
  }

  /** Finds the token and logs in. The PIN is shown to the token once, whatever it answers. */
  static TokenConnection open(
      Cryptoki cryptoki,
      String tokenLabel,
      TokenLogin login,
      TokenProfile.Sessions kind,
      int turns,
      SignatureTally tally)
      throws HsmException {
    Cryptoki.Slot slot = cryptoki.slot(tokenLabel);
    PinTries.requireSafe(tokenLabel, slot.flags());
    try {
      CryptokiSession session = cryptoki.openSession(slot.id(), kind);
      boolean loggedIn = false;
      try {
        login.login(cryptoki, slot, session);
        loggedIn = true;
        return new TokenConnection(cryptoki, slot, session, kind, turns, tally);
      } finally {
        if (!loggedIn) {
          session.close();
        }
      }
    } catch (CkrException e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED,
          "the token \"" + tokenLabel + "\" must open a session, and failed",
          e);
    }
  }

  Cryptoki cryptoki() {
    return cryptoki;
  }

  TokenDescription description() {
    return slot.token();
  }

  /**
   * Signs in {@code turn}.
   *
   * @param data as the key's algorithm gives it to the module
   * @throws CkrException with what the module answered, also where a second session did not help
   */
  byte[] sign(int turn, PendingSignature pending, byte[] data) throws CkrException {
    KeyHandle key = handles.get(pending.key());
    if (key == null) {
      // One that was released before this connection was proven.
      throw new CkrException(ReturnValue.CKR_KEY_HANDLE_INVALID);
    }
    key.users().enter();
    try {
      return sign(turn, pending, key.number(), data);
    } finally {
      key.users().leave();
    }
  }

  private byte[] sign(int turn, PendingSignature pending, long handle, byte[] data)
      throws CkrException {
    CryptokiSession before = sessions.get(turn);
    if (before != null) {
      try {
        return before.sign(tally, pending, handle, data);
      } catch (CkrException e) {
        // One that failed may be in any state.
        drop(turn, before);
        if (e.returnValue().remedy() != Remedy.ANOTHER_SESSION) {
          throw e;
        }
      }
    }
    CryptokiSession fresh = cryptoki.openSession(slot.id(), kind);
    sessions.set(turn, fresh);
    try {
      return fresh.sign(tally, pending, handle, data);
    } catch (CkrException e) {
      drop(turn, fresh);
      throw e;
    }
  }

  private void drop(int turn, CryptokiSession session) {
    sessions.set(turn, null);
    session.close();
  }

  /**
   * Finds the key that goes by {@code spec}'s names and checks it as the package promises: its
   * attributes, its public half, and by a fresh signature that the two belong together, which the token
   * never says.
   */
  FoundKey find(KeySpec spec) throws HsmException {
    try {
      TokenObjects objects = new TokenObjects(login);
      long handle = objects.privateKey(spec);
      Map<String, Boolean> attributes = PrivateKeyCheck.require(login, handle, spec);
      Optional<X509Certificate> certificate =
          spec.algorithm() == KeyAlgorithm.P256
              ? Optional.of(objects.certificate(spec))
              : Optional.empty();
      PublicKey publicKey =
          certificate.isPresent() ? certificate.get().getPublicKey() : objects.publicKey(spec);
      byte[] challenge = new byte[CHALLENGE_BYTES];
      new SecureRandom().nextBytes(challenge);
      KeyAlgorithm algorithm = spec.algorithm();
      byte[] signature =
          login.sign(
              tally,
              new PendingSignature(spec, Purpose.PROOF),
              handle,
              algorithm.toBeSigned(challenge));
      if (!algorithm.verifies(publicKey, challenge, signature)) {
        throw notTheKeys(spec, Optional.empty());
      }
      KeyHandle unused = handles.merge(spec, KeyHandle.of(handle), KeyHandle::or);
      return new FoundKey(spec, publicKey, certificate, attributes);
    } catch (CkrException e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED, "the token must find the key " + spec + ", and failed", e);
    } catch (GeneralSecurityException e) {
      throw notTheKeys(spec, Optional.of(e));
    }
  }

  /** The keys of {@code any}'s role of which the token has a private key, by label, ascending. */
  List<KeySpec> generations(KeySpec any) throws HsmException {
    List<KeySpec> found = new ArrayList<>();
    try {
      for (String label : new TokenObjects(login).privateKeyLabels()) {
        any.labelled(label).ifPresent(found::add);
      }
    } catch (CkrException e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED, "the token must list its private keys, and failed", e);
    }
    if (found.size() > Token.MAX_GENERATIONS) {
      throw new HsmException(
          Fault.TOKEN_FULL,
          String.format(
              "the token must hold at most %d keys of the role %s, and holds %d: destroy retired ones",
              Token.MAX_GENERATIONS, any.role().wire(), found.size()));
    }
    found.sort(Comparator.comparingInt(KeySpec::generation));
    return List.copyOf(found);
  }

  /**
   * Removes private key, public key and certificate, once nobody signs with the key any more, and looks
   * whether anything is left. What is not there is no error.
   *
   * @param patience how long signatures under way may take
   */
  void destroy(KeySpec spec, Duration patience) throws HsmException {
    KeyHandle key = handles.get(spec);
    if (key != null && !key.users().close(patience)) {
      throw new HsmException(
          Fault.BUSY,
          String.format(
              "signatures with the key %s must end before it is destroyed, and have not within %s:"
                  + " destroy it again",
              spec, patience));
    }
    try (CryptokiSession session = openWritableSession()) {
      TokenObjects objects = new TokenObjects(session);
      objects.destroy(spec);
      if (objects.isTaken(spec)) {
        throw new HsmException(
            Fault.TOKEN_FAILED,
            "nothing in the token must go by the label or the id of the destroyed key "
                + spec
                + ", and something does: remove it with the vendor's tool, and destroy the key again");
      }
    } catch (CkrException e) {
      throw HsmException.ofModule(
          e.returnValue().remedy() == Remedy.NONE ? Fault.TOKEN_FAILED : Fault.TOKEN_AWAY,
          "the token must remove the key "
              + spec
              + " whole, and failed: the key is not used any more, destroy it again",
          e);
    }
  }

  private static HsmException notTheKeys(KeySpec spec, Optional<Exception> cause) {
    String sentence =
        "the certificate or public key beside the key "
            + spec
            + " must hold its public key, and holds another: remove both and run writ keys init";
    return cause.isPresent()
        ? new HsmException(Fault.KEY_AMBIGUOUS, sentence, cause.get())
        : new HsmException(Fault.KEY_AMBIGUOUS, sentence);
  }

  /** Whether the token makes keys of this algorithm and signs with them. */
  boolean supports(KeyAlgorithm algorithm) throws HsmException {
    Set<Long> mechanisms = mechanisms();
    return mechanisms.contains(algorithm.generation())
        && mechanisms.contains(algorithm.mechanism().code());
  }

  /** Whether it can have a {@link WrappingKey}. */
  boolean wraps() throws HsmException {
    return WrappingKey.isPossible(mechanisms());
  }

  private Set<Long> mechanisms() throws HsmException {
    try {
      return cryptoki.mechanisms(slot.id());
    } catch (CkrException e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED, "the token must list its mechanisms, and failed", e);
    }
  }

  CryptokiSession openWritableSession() throws CkrException {
    return cryptoki.openSession(slot.id(), TokenProfile.Sessions.READ_WRITE);
  }

  /** Nobody uses the connection any more, whatever is open in it. */
  void end() {
    if (ended.compareAndSet(false, true)) {
      cryptoki.disconnected();
    }
  }

  /** Ends every session, and with the last of them the login; not one that is still in use. */
  void closeSessions() {
    end();
    if (!closed.compareAndSet(false, true)) {
      return; // the numbers may be others' sessions by now
    }
    for (int turn = 0; turn < sessions.length(); turn++) {
      CryptokiSession session = sessions.get(turn);
      if (session != null) {
        drop(turn, session);
      }
    }
    login.close();
  }

  /** Ends the login and every session; a module that is gone has ended them by itself. */
  void close() {
    try {
      login.logout();
    } catch (CkrException e) {
      // The token that is gone has ended the login by itself, and closing has no other purpose.
      var unused = e.returnValue();
    }
    closeSessions();
  }

  /** Ends the login alone, as another program with the module in this process could. */
  void logout() throws CkrException {
    login.logout();
  }
}
