// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import sun.security.pkcs11.wrapper.PKCS11Constants;

/**
 * What a token's flags say of its user PIN (CK_TOKEN_INFO, PKCS#11 v2.40, section 3.2). A token may
 * count in secret, so these are warnings and no promise.
 */
final class PinTries {
  private PinTries() {}

  /**
   * Refuses a login that cannot succeed, and one that could be the last. A service that is restarted
   * for ever with a wrong PIN stops here, with one try left for a person.
   */
  static void requireSafe(String tokenLabel, long flags) throws HsmException {
    if ((flags & PKCS11Constants.CKF_USER_PIN_INITIALIZED) == 0) {
      throw new HsmException(
          Fault.TOKEN_UNINITIALISED,
          "the token \""
              + tokenLabel
              + "\" must have a user PIN, and has none: let its security officer set one");
    }
    if ((flags & PKCS11Constants.CKF_USER_PIN_LOCKED) != 0) {
      throw new HsmException(Fault.PIN_LOCKED, locked(tokenLabel));
    }
    if ((flags & PKCS11Constants.CKF_USER_PIN_FINAL_TRY) != 0) {
      throw new HsmException(
          Fault.PIN_LOCKED,
          "the token \""
              + tokenLabel
              + "\" has one try of its user PIN left, which is not risked: check the PIN, log in once"
              + " with the vendor's tool, and start again");
    }
  }

  static String locked(String tokenLabel) {
    return "the token \""
        + tokenLabel
        + "\" has locked its user PIN after too many wrong ones: let its security officer set it"
        + " anew";
  }

  /** What is left after a wrong PIN. */
  static String left(long flags) {
    if ((flags & PKCS11Constants.CKF_USER_PIN_LOCKED) != 0) {
      return "the token has locked it";
    }
    if ((flags & PKCS11Constants.CKF_USER_PIN_FINAL_TRY) != 0) {
      return "one try is left";
    }
    if ((flags & PKCS11Constants.CKF_USER_PIN_COUNT_LOW) != 0) {
      return "the token counts wrong ones and few tries may be left";
    }
    return "the token does not say how many tries are left";
  }
}
