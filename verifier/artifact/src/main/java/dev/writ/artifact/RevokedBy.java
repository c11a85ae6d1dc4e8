// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** Who withdrew artifacts by a scope. The words are stable. */
public enum RevokedBy implements Wire {
  /** An operator said so. */
  OPERATOR("operator"),
  /** The service, of a host whose evidence no longer holds what its artifacts were issued for. */
  APPRAISAL("appraisal"),
  /** The service, of what should not stand and did when it compared the two. */
  RECONCILIATION("reconciliation");

  private final String wire;

  RevokedBy(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
