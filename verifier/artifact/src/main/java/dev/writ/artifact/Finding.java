// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.artifact.Check.Outcome;
import java.util.Optional;

/**
 * What one check found.
 *
 * @param outcome how it went
 * @param expected what must hold
 * @param actual what was found
 * @param code the denial's code, where it is not the one that the check's name has
 */
record Finding(Outcome outcome, String expected, String actual, Optional<DenialCode> code) {
  static Finding of(boolean holds, String expected, String actual) {
    return new Finding(holds ? Outcome.PASSED : Outcome.FAILED, expected, actual, Optional.empty());
  }

  static Finding passed(String expected, String actual) {
    return of(true, expected, actual);
  }

  static Finding failed(String expected, String actual) {
    return of(false, expected, actual);
  }

  static Finding notAsked(String expected, String why) {
    return new Finding(Outcome.NOT_ASKED, expected, why, Optional.empty());
  }

  /** Denied for what another said. */
  static Finding denied(DenialCode code, String expected, String actual) {
    return new Finding(Outcome.FAILED, expected, actual, Optional.of(code));
  }

  /** Nothing can be said, whatever the check: the floor of all codes. */
  static Finding unverifiable(String expected, String actual) {
    return new Finding(Outcome.FAILED, expected, actual, Optional.of(DenialCode.UNVERIFIABLE));
  }

  /** The same, as a denial of another check, where it has no code of its own. */
  Finding as(DenialCode other) {
    return new Finding(outcome, expected, actual, code.or(() -> Optional.of(other)));
  }
}
