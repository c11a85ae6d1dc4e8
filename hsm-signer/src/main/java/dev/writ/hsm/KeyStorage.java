// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

/** Where a private key is, the safest first. */
public enum KeyStorage {
  /** In a token, which it never leaves. */
  TOKEN("token"),
  /** In a file, encrypted by a token's key; in clear in the memory of the process that uses it. */
  WRAPPED("wrapped"),
  /** In a file, sealed to a host's TPM; likewise in clear in memory. */
  SEALED("sealed");

  private final String wire;

  KeyStorage(String wire) {
    this.wire = wire;
  }

  /** Its name in inventories. */
  public String wire() {
    return wire;
  }
}
