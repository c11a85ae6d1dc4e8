// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** How a case of a drill went. Only the first is a pass. */
public enum DrillResult implements Wire {
  /** Exactly the code that was to come came, nothing ran, and the same thing unspoiled was allowed. */
  PASSED("passed"),
  /** Something else came. */
  FAILED("failed"),
  /** The code came, and it is what the unspoiled thing gets, too: there is nothing yet to be allowed. */
  NOT_YET_REACHABLE("not_yet_reachable"),
  /** It was not tried: it takes a fault that harms a service in use. */
  NEEDS_DEMO("needs_demo"),
  /** It cannot arise at this door, and why is said. */
  NOT_APPLICABLE("not_applicable");

  private final String wire;

  DrillResult(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
