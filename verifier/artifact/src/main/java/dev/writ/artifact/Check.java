// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/**
 * One check of a verification, as it is shown to a person.
 *
 * @param name which
 * @param outcome how it went
 * @param expected what must hold
 * @param actual what was found
 */
public record Check(CheckName name, Outcome outcome, String expected, String actual) {
  /** How a check went. */
  public enum Outcome implements Wire {
    /** It holds. */
    PASSED("passed"),
    /** It does not hold, which decided the verdict. */
    FAILED("failed"),
    /** This Relying Party did not ask for it, or the artifact gives no cause: nothing is said. */
    NOT_ASKED("not_asked"),
    /** An earlier check failed first. */
    NOT_REACHED("not_reached");

    private final String wire;

    Outcome(String wire) {
      this.wire = wire;
    }

    @Override
    public String wire() {
      return wire;
    }
  }

  static Check notReached(CheckName name) {
    return new Check(name, Outcome.NOT_REACHED, name.question(), "an earlier check failed");
  }

  @Override
  public String toString() {
    return name.wire() + " " + outcome.wire() + ": " + expected + "; " + actual;
  }
}
