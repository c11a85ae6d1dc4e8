// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.List;

/** What a verification ends in: allow, or exactly one denial code. */
public sealed interface Verdict {
  /** Every check, in order, with what was expected and what was found. */
  List<Check> checks();

  /**
   * Every check that was asked for passed. What was not asked for is listed as such: whoever lets an
   * execution run asks for all that applies to it.
   *
   * @param artifact what may be relied on
   * @param checks every check
   */
  record Allowed(Artifact artifact, List<Check> checks) implements Verdict {
    /** The verdict as given. */
    public Allowed {
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
  record Denied(DenialCode code, String reason, List<Check> checks) implements Verdict {
    /** The verdict as given. */
    public Denied {
      checks = List.copyOf(checks);
    }
  }
}
