// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** Why what was said of a host's boot holds no more. The words are stable. */
public enum BootEnd implements Wire {
  /** Its TPM was reset or restarted. */
  NEW_BOOT("new_boot"),
  /** Its TPM's state went back. */
  ROLLBACK("rollback");

  private final String wire;

  BootEnd(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
