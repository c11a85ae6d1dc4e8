// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** Who reports an outcome. */
public enum Reporter implements Wire {
  /** The artifact's holder, by the key of {@code cnf.jkt}. */
  HOLDER("holder"),
  /** A gateway of the trust file. */
  GATEWAY("gateway");

  private final String wire;

  Reporter(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
