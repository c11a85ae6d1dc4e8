// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** On what grounds an operator's word let a host enrol. */
public enum Admission implements Wire {
  /** Its endorsement key's digest was listed beforehand. */
  LISTED("listed"),
  /** It brought a one-time invitation that names it. */
  INVITED("invited");

  private final String wire;

  Admission(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
