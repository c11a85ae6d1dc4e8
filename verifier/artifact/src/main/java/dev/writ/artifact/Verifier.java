// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** Who verified what a {@link Verification} records. */
public enum Verifier implements Wire {
  /** The service, asked for its judgement. */
  SERVICE("service");

  private final String wire;

  Verifier(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
