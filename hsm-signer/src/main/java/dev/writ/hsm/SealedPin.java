// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

/** A PIN that a host gives out while it is in a state that was approved, and in no other. */
@FunctionalInterface
public interface SealedPin {
  /**
   * Takes the PIN out, from the host as it is now.
   *
   * @return the PIN's bytes, UTF-8, which the caller zeroes
   */
  byte[] unseal() throws SealedPinException;
}
