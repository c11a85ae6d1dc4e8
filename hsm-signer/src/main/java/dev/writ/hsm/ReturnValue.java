// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import sun.security.pkcs11.wrapper.PKCS11Exception;

/**
 * A CK_RV that is not CKR_OK.
 *
 * @param code its value
 * @param name its name in PKCS#11, or hex where it has none
 */
record ReturnValue(long code, String name) {
  static final long CKR_PIN_INCORRECT = 0xa0;
  static final long CKR_PIN_INVALID = 0xa1;
  static final long CKR_PIN_LEN_RANGE = 0xa2;
  static final long CKR_PIN_LOCKED = 0xa4;
  static final long CKR_USER_ALREADY_LOGGED_IN = 0x100;

  /** SunPKCS11 wraps the module's exception in a ProviderException, and others wrap that again. */
  static Optional<ReturnValue> in(Throwable thrown) {
    for (@Nullable Throwable t = thrown; t != null; t = t.getCause()) {
      if (t instanceof PKCS11Exception e) {
        return Optional.of(of(e));
      }
    }
    return Optional.empty();
  }

  static ReturnValue of(PKCS11Exception e) {
    // The message is the name, on later JDKs followed by what the provider adds.
    return new ReturnValue(
        e.getErrorCode(), String.valueOf(e.getMessage()).split("[^A-Za-z0-9_]", 2)[0]);
  }
}
