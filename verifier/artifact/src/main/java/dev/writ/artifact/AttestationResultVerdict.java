// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.List;

/** What the verification of an {@link AttestationResult} ends in. */
public sealed interface AttestationResultVerdict {
  /** Every check, in order, with what was expected and what was found. */
  List<Check> checks();

  /**
   * It is what the trust file's issuer found, good or bad: that is for its claims to say.
   *
   * @param result what may be relied on
   * @param checks every check
   */
  record Accepted(AttestationResult result, List<Check> checks)
      implements AttestationResultVerdict {
    /** The verdict as given. */
    public Accepted {
      checks = List.copyOf(checks);
    }
  }

  /**
   * A check failed.
   *
   * @param code the denial's code
   * @param reason the failed check in a sentence: what must hold, and what was
   * @param checks every check; those after the failed one were not reached
   */
  record Refused(DenialCode code, String reason, List<Check> checks)
      implements AttestationResultVerdict {
    /** The verdict as given. */
    public Refused {
      checks = List.copyOf(checks);
    }
  }
}
