// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import java.security.SecureRandom;
import java.util.Optional;

/**
 * One PIN on its way to one token.
 *
 * <p>A PIN that the token refuses is remembered for as long as the process lives, and never shown to
 * that token again: tokens lock after a few wrong ones, and neither a restart of ours nor a token that
 * comes and goes must bring that about. One after which the token said something unclear is shown ever
 * more seldom.
 */
final class TokenLogin implements AutoCloseable {
  private static final ShownPins SHOWN = new ShownPins(new SecureRandom(), System::nanoTime);

  private final TokenProfile profile;
  private final String tokenLabel;
  private final Pin pin;

  private TokenLogin(TokenProfile profile, String tokenLabel, Pin pin) {
    this.profile = profile;
    this.tokenLabel = tokenLabel;
    this.pin = pin;
  }

  /**
   * Reads the PIN, before anything touches the token.
   *
   * @throws HsmException if it is one that must not be shown to the token now
   */
  static TokenLogin prepare(TokenProfile profile, String tokenLabel, PinSource source)
      throws HsmException {
    Pin pin = source.read();
    Optional<ShownPins.Answer> objection = SHOWN.objection(profile.library(), tokenLabel, pin);
    if (objection.isPresent()) {
      pin.close();
      throw objected(tokenLabel, objection.get());
    }
    return new TokenLogin(profile, tokenLabel, pin);
  }

  private static HsmException objected(String tokenLabel, ShownPins.Answer answer) {
    if (answer instanceof ShownPins.Answer.Refused) {
      return new HsmException(
          Fault.PIN_INCORRECT,
          "the token \""
              + tokenLabel
              + "\" has refused this very PIN in this process, and it was not tried again: put the"
              + " right one in its place");
    }
    if (answer instanceof ShownPins.Answer.Unclear unclear) {
      return new HsmException(
          Fault.TOKEN_FAILED,
          String.format(
              "the token \"%s\" must accept a login, and answered %s: the PIN is not shown to it again"
                  + " for %s after that; look at the token, or put another PIN in its place",
              tokenLabel, unclear.code(), unclear.pause()));
    }
    return new HsmException(
        Fault.PIN_LOCKED,
        "the token \""
            + tokenLabel
            + "\" was locked when this very PIN was shown to it, and it was not tried again: give"
            + " another, or end the process and start it once the token is unlocked");
  }

  /** C_Login, once. */
  void login(Cryptoki cryptoki, Cryptoki.Slot slot, CryptokiSession session)
      throws HsmException, CkrException {
    try {
      session.login(pin);
      SHOWN.accepted(profile.library(), tokenLabel, pin);
    } catch (CkrException e) {
      if (e.is(ReturnValue.CKR_USER_ALREADY_LOGGED_IN)) {
        return; // by other code in this process, and a login is the process's
      }
      if (e.is(ReturnValue.CKR_PIN_LOCKED)) {
        SHOWN.locked(profile.library(), tokenLabel, pin);
        throw HsmException.ofModule(Fault.PIN_LOCKED, PinTries.locked(tokenLabel), e);
      }
      if (e.is(ReturnValue.CKR_PIN_EXPIRED)) {
        SHOWN.refused(profile.library(), tokenLabel, pin);
        throw HsmException.ofModule(
            Fault.PIN_INCORRECT,
            "the token \""
                + tokenLabel
                + "\" says that the PIN has run out: it will not be tried again, change it with the"
                + " vendor's tool and put the new one in its place",
            e);
      }
      if (e.is(ReturnValue.CKR_PIN_INCORRECT)
          || e.is(ReturnValue.CKR_PIN_INVALID)
          || e.is(ReturnValue.CKR_PIN_LEN_RANGE)) {
        SHOWN.refused(profile.library(), tokenLabel, pin);
        throw HsmException.ofModule(
            Fault.PIN_INCORRECT,
            String.format(
                "the token \"%s\" refused the PIN and %s: it will not be tried again, put the right"
                    + " one in its place",
                tokenLabel, PinTries.left(cryptoki.flags(slot.id()))),
            e);
      }
      if (!e.returnValue().saysAway()) {
        SHOWN.unclear(profile.library(), tokenLabel, pin, e.returnValue());
      }
      throw HsmException.ofModule(
          Fault.TOKEN_FAILED,
          "the token \"" + tokenLabel + "\" must accept a login, and failed",
          e);
    }
  }

  @Override
  public void close() {
    pin.close();
  }
}
