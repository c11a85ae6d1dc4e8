// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** Where a drill makes a denial happen. */
public enum DrillDoor implements Wire {
  /** At the service, over HTTP: a host asks. */
  SERVICE("service"),
  /** At the offline verifier that every gateway uses. */
  VERIFIER("verifier"),
  /** At {@code writ run}, which would start a program. */
  RUN("run");

  private final String wire;

  DrillDoor(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
