// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.hsm.HsmException.Fault;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import sun.security.pkcs11.wrapper.PKCS11Constants;

/**
 * What a login makes of the user PIN's flags (CK_TOKEN_INFO, PKCS#11 v2.40, section 3.2). SoftHSM never
 * locks, so the flags are given here.
 */
class PinTriesTest {
  private static final long READY = PKCS11Constants.CKF_USER_PIN_INITIALIZED;

  @Test
  void login_userPinSet_isTried() {
    assertThatCode(() -> PinTries.requireSafe("writ", READY)).doesNotThrowAnyException();
    assertThatCode(
            () -> PinTries.requireSafe("writ", READY | PKCS11Constants.CKF_USER_PIN_COUNT_LOW))
        .doesNotThrowAnyException();
  }

  @Test
  void login_noUserPin_isNotTried() {
    refused(0, Fault.TOKEN_UNINITIALISED, "must have a user PIN");
  }

  @Test
  void login_locked_isNotTried() {
    refused(READY | PKCS11Constants.CKF_USER_PIN_LOCKED, Fault.PIN_LOCKED, "security officer");
  }

  @Test
  void login_oneTryLeft_isNotRisked() {
    refused(
        READY | PKCS11Constants.CKF_USER_PIN_COUNT_LOW | PKCS11Constants.CKF_USER_PIN_FINAL_TRY,
        Fault.PIN_LOCKED,
        "one try of its user PIN left");
  }

  @ParameterizedTest
  @CsvSource({
    "0x00000, does not say",
    "0x10000, few tries may be left",
    "0x30000, one try is left",
    "0x50000, has locked it"
  })
  void wrongPin_flags_sayWhatIsLeft(String flags, String said) {
    assertThat(PinTries.left(Long.decode(flags))).contains(said);
  }

  private static void refused(long flags, Fault fault, String said) {
    assertThatThrownBy(() -> PinTries.requireSafe("writ", flags))
        .isInstanceOfSatisfying(HsmException.class, e -> assertThat(e.fault()).isEqualTo(fault))
        .hasMessageContaining(said);
  }
}
