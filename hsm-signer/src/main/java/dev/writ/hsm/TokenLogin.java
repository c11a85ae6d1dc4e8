// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import java.security.SecureRandom;

/**
 * One PIN on its way to one token.
 *
 * <p>A PIN that the token refuses is remembered for as long as the process lives, and never shown to
 * that token again: tokens lock after a few wrong ones, and neither a restart of ours nor a token that
 * comes and goes must bring that about.
 */
final class TokenLogin implements AutoCloseable {
  private static final RefusedPins REFUSED_PINS = new RefusedPins(new SecureRandom());

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
   * @throws HsmException {@link Fault#PIN_INCORRECT} if it is one that the token has refused
   */
  static TokenLogin prepare(TokenProfile profile, String tokenLabel, PinSource source)
      throws HsmException {
    Pin pin = source.read();
    if (REFUSED_PINS.contains(profile.library(), tokenLabel, pin)) {
      pin.close();
      throw new HsmException(
          Fault.PIN_INCORRECT,
          "the token \""
              + tokenLabel
              + "\" has refused this very PIN in this process, and it was not tried again: put the"
              + " right one in its place");
    }
    return new TokenLogin(profile, tokenLabel, pin);
  }

  /** C_Login, once. */
  void login(Cryptoki cryptoki, Cryptoki.Slot slot, CryptokiSession session)
      throws HsmException, CkrException {
    try {
      session.login(pin);
    } catch (CkrException e) {
      if (e.is(ReturnValue.CKR_USER_ALREADY_LOGGED_IN)) {
        return; // by other code in this process, and a login is the process's
      }
      if (e.is(ReturnValue.CKR_PIN_LOCKED)) {
        REFUSED_PINS.add(profile.library(), tokenLabel, pin);
        throw HsmException.ofModule(Fault.PIN_LOCKED, PinTries.locked(tokenLabel), e);
      }
      if (e.is(ReturnValue.CKR_PIN_INCORRECT)
          || e.is(ReturnValue.CKR_PIN_INVALID)
          || e.is(ReturnValue.CKR_PIN_LEN_RANGE)) {
        REFUSED_PINS.add(profile.library(), tokenLabel, pin);
        throw HsmException.ofModule(
            Fault.PIN_INCORRECT,
            String.format(
                "the token \"%s\" refused the PIN and %s: it will not be tried again, put the right"
                    + " one in its place",
                tokenLabel, PinTries.left(cryptoki.flags(slot.id()))),
            e);
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
