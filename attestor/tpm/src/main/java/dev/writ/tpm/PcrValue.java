// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

/**
 * What a PCR holds, or must hold.
 *
 * @param value as long as the bank's values
 */
public record PcrValue(Pcr pcr, byte[] value) {
  /**
   * The value as given.
   *
   * @throws IllegalArgumentException if a value of the PCR has another length
   */
  public PcrValue {
    if (value.length != pcr.bank().digestBytes()) {
      throw new IllegalArgumentException(
          String.format(
              "a value of PCR %s must be %d bytes, was %d",
              pcr, pcr.bank().digestBytes(), value.length));
    }
  }
}
