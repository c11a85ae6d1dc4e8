// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** Whether an enrolled host may ask. The words are stable. */
public enum HostStanding implements Wire {
  /** It may, as every host may from its enrolment on. */
  ACTIVE("active"),
  /** Not until an operator resumes it. */
  SUSPENDED("suspended"),
  /** Never again. */
  RETIRED("retired");

  private final String wire;

  HostStanding(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }

  /** Whether a host that stands so may be given another standing: one that is not its own, and nobody returns. */
  public boolean mayBecome(HostStanding next) {
    return this != next && this != RETIRED;
  }
}
