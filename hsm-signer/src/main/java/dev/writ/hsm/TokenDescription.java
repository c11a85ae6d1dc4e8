// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.util.Map;

/**
 * What a token says of itself (CK_TOKEN_INFO, PKCS#11 v2.40, section 3.2).
 *
 * @param label given when it was initialised
 * @param manufacturer CK_TOKEN_INFO's manufacturerID
 * @param model as the manufacturer names it
 * @param serial the device's serial number
 */
public record TokenDescription(String label, String manufacturer, String model, String serial) {
  /** The SoftHSM project's manufacturerID. */
  private static final String SOFTHSM = "SoftHSM project";

  /**
   * Manufacturer and model of TPM simulators, of which tpm2-pkcs11 makes these fields:
   * TPM_PT_MANUFACTURER and TPM_PT_VENDOR_STRING (TPM 2.0 Part 2, 6.13) of libtpms, on which swtpm and
   * IBM's simulator stand, and of Microsoft's reference implementation.
   */
  private static final Map<String, String> SIMULATORS =
      Map.of("IBM", "SW   TPM", "MSFT", "xCG fTPM");

  /**
   * Whether the token says by itself that it is software; a profile cannot make hardware of it. One
   * that was built to say something else is believed.
   */
  boolean isSoftware() {
    return manufacturer.equals(SOFTHSM) || model.equals(SIMULATORS.get(manufacturer));
  }
}
