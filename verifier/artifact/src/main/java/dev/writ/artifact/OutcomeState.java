// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** How an execution ended, as far as the reporter knows. */
public enum OutcomeState implements Wire {
  /** It did what it was to do. */
  OK("ok"),
  /** It did not. */
  FAILED("failed"),
  /** Nobody can tell: it is reported because silence would look like none. */
  UNKNOWN("unknown");

  private final String wire;

  OutcomeState(String wire) {
    this.wire = wire;
  }

  @Override
  public String wire() {
    return wire;
  }
}
