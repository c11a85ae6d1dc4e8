// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** What an operator's approval lets happen. */
public enum ApprovalOf implements Wire {
  /** A host enrols, once, by the invitation that the operator made. */
  ENROLMENT("enrolment");

  private final String wire;

  ApprovalOf(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
