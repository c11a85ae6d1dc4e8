// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

/**
 * What a token says of itself (CK_TOKEN_INFO, PKCS#11 v2.40, section 3.2).
 *
 * @param label given when it was initialised
 * @param manufacturer CK_TOKEN_INFO's manufacturerID
 * @param model as the manufacturer names it
 * @param serial the device's serial number
 */
public record TokenDescription(String label, String manufacturer, String model, String serial) {
  /** The SoftHSM project's manufacturerID; a profile cannot make hardware of it. */
  private static final String SOFTHSM = "SoftHSM project";

  boolean isSoftware() {
    return manufacturer.equals(SOFTHSM);
  }
}
