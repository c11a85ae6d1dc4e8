// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import dev.writ.hsm.HsmException.Fault;
import java.security.Provider;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import sun.security.pkcs11.wrapper.PKCS11Exception;

/**
 * A token to which this process is logged in.
 *
 * <p>A login belongs to the process and not to a session (PKCS#11 v2.40, section 2.6.8), and ends with
 * the last session: this holds one open until it is closed. A token is open once in a process; all
 * threads share it.
 */
public final class Token implements AutoCloseable {
  private static final Set<String> OPEN = ConcurrentHashMap.newKeySet();
  private static final RefusedPins REFUSED_PINS = new RefusedPins(new SecureRandom());

  private final TokenProfile profile;
  private final UnaryOperator<@Nullable String> getenv;
  private final Cryptoki cryptoki;
  private final Cryptoki.Slot slot;
  private final CryptokiSession session;
  private final Provider provider;
  private final Semaphore turns;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Token(
      TokenProfile profile,
      UnaryOperator<@Nullable String> getenv,
      Cryptoki cryptoki,
      Cryptoki.Slot slot,
      CryptokiSession session,
      Provider provider) {
    this.profile = profile;
    this.getenv = getenv;
    this.cryptoki = cryptoki;
    this.slot = slot;
    this.session = session;
    this.provider = provider;
    this.turns = new Semaphore(profile.signers());
  }

  /**
   * Loads the profile's module, finds the token by its label and logs in as the user, once.
   *
   * <p>A PIN that the token refuses is not tried again: as long as the source gives the same one, each
   * further call in this process fails without touching the token.
   *
   * @param tokenLabel as given when the token was initialised
   * @param pinSource asked once; what it gives is zeroed before this returns
   */
  public static Token open(TokenProfile profile, String tokenLabel, PinSource pinSource)
      throws HsmException {
    return open(profile, tokenLabel, pinSource, System::getenv);
  }

  /** One at a time, so that no second thread tries a PIN that the first is about to see refused. */
  static synchronized Token open(
      TokenProfile profile,
      String tokenLabel,
      PinSource pinSource,
      UnaryOperator<@Nullable String> getenv)
      throws HsmException {
    try (Pin pin = pinSource.read()) {
      if (REFUSED_PINS.contains(profile.library(), tokenLabel, pin)) {
        throw new HsmException(
            Fault.PIN_INCORRECT,
            "the token \""
                + tokenLabel
                + "\" has refused this very PIN in this process, and it was not tried again: put the"
                + " right one in its place");
      }
      Cryptoki cryptoki = Cryptoki.load(profile, getenv);
      Cryptoki.Slot slot = cryptoki.slot(tokenLabel);
      PinTries.requireSafe(tokenLabel, slot.flags());
      String place = place(profile, slot);
      if (!OPEN.add(place)) {
        throw new HsmException(
            Fault.TOKEN_OPEN_ALREADY,
            "the token \"" + tokenLabel + "\" is open in this process already: share that one");
      }
      boolean opened = false;
      try {
        Token token = open(profile, getenv, cryptoki, slot, pin);
        opened = true;
        return token;
      } finally {
        if (!opened) {
          OPEN.remove(place);
        }
      }
    }
  }

  private static Token open(
      TokenProfile profile,
      UnaryOperator<@Nullable String> getenv,
      Cryptoki cryptoki,
      Cryptoki.Slot slot,
      Pin pin)
      throws HsmException {
    String label = slot.token().label();
    try {
      CryptokiSession session = cryptoki.openSession(slot.id(), false);
      boolean loggedIn = false;
      try {
        login(profile, cryptoki, slot, session, pin);
        Provider provider = TokenProvider.signing(profile, slot.id());
        loggedIn = true;
        return new Token(profile, getenv, cryptoki, slot, session, provider);
      } finally {
        if (!loggedIn) {
          session.close();
        }
      }
    } catch (PKCS11Exception e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED, "the token \"" + label + "\" must open a session, and failed", e);
    }
  }

  private static void login(
      TokenProfile profile, Cryptoki cryptoki, Cryptoki.Slot slot, CryptokiSession session, Pin pin)
      throws HsmException, PKCS11Exception {
    String label = slot.token().label();
    try {
      session.login(pin);
    } catch (PKCS11Exception e) {
      long code = e.getErrorCode();
      if (code == ReturnValue.CKR_USER_ALREADY_LOGGED_IN) {
        return; // by other code in this process, and a login is the process's
      }
      if (code == ReturnValue.CKR_PIN_LOCKED) {
        throw HsmException.ofModule(Fault.PIN_LOCKED, PinTries.locked(label), e);
      }
      if (code == ReturnValue.CKR_PIN_INCORRECT
          || code == ReturnValue.CKR_PIN_INVALID
          || code == ReturnValue.CKR_PIN_LEN_RANGE) {
        REFUSED_PINS.add(profile.library(), label, pin);
        throw HsmException.ofModule(
            Fault.PIN_INCORRECT,
            String.format(
                "the token \"%s\" refused the PIN and %s: it will not be tried again, put the right"
                    + " one in its place before the next start",
                label, PinTries.left(cryptoki.flags(slot.id()))),
            e);
      }
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED, "the token \"" + label + "\" must accept a login, and failed", e);
    }
  }

  /** What the token says of itself. */
  public TokenDescription description() {
    return slot.token();
  }

  /** What this token's keys are worth: software is never hardware, whatever the profile says. */
  public Assurance assurance() {
    return slot.token().isSoftware() ? Assurance.DEV : profile.assurance();
  }

  /**
   * The key that goes by {@code spec}'s names, checked as the package promises.
   *
   * <p>Each call asks the token anew; keep the key.
   */
  public HsmKey key(KeySpec spec) throws HsmException {
    requireOpen();
    try {
      TokenObjects objects = new TokenObjects(session);
      long handle = objects.privateKey(spec);
      Map<String, Boolean> attributes = PrivateKeyCheck.require(session, handle, spec);
      objects.requireOneCertificate(spec);
      return HsmKey.load(this, spec, attributes);
    } catch (PKCS11Exception e) {
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED, "the token must find the key " + spec + ", and failed", e);
    }
  }

  /** Logs out, once the signatures under way are made. Keys of this token sign no more. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      if (turns.tryAcquire(profile.signers(), profile.maxWait().toMillis(), MILLISECONDS)) {
        session.logout();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (PKCS11Exception e) {
      // A token that is gone has ended the login by itself, and closing has no other purpose.
      return;
    } finally {
      session.close();
      OPEN.remove(place(profile, slot));
    }
  }

  Provider provider() {
    return provider;
  }

  /** A provider that makes {@code spec}'s key pair in this token. */
  Provider generatingProvider(KeySpec spec) throws HsmException {
    return TokenProvider.generating(profile, slot.id(), spec);
  }

  /** Demands room for what is to be stored, where the profile says how to tell. */
  void requireRoom() throws HsmException {
    Cryptoki.requireConfiguration(profile, getenv);
  }

  CryptokiSession openWritableSession() throws PKCS11Exception {
    return cryptoki.openSession(slot.id(), true);
  }

  void requireOpen() throws HsmException {
    if (closed.get()) {
      throw new HsmException(
          Fault.CLOSED, "the token \"" + slot.token().label() + "\" was closed: open it again");
    }
  }

  /** Waits for a turn to sign; {@link #endTurn} must follow. */
  void beginTurn() throws HsmException {
    requireOpen();
    try {
      if (!turns.tryAcquire(profile.maxWait().toMillis(), MILLISECONDS)) {
        throw new HsmException(
            Fault.BUSY,
            String.format(
                "the token \"%s\" must sign within %s, and %d signatures were under way all the"
                    + " time: ask for fewer, or raise the profile's signers if the token can do more",
                slot.token().label(), profile.maxWait(), profile.signers()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HsmException(
          Fault.BUSY, "the wait for the token was interrupted: ask again if it was by mistake", e);
    }
    if (closed.get()) {
      turns.release();
      requireOpen();
    }
  }

  void endTurn() {
    turns.release();
  }

  private static String place(TokenProfile profile, Cryptoki.Slot slot) {
    return profile.library() + "#" + slot.id();
  }
}
