// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.List;
import java.util.Optional;

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

    /** What must be done with it, which whoever asked said is met here. */
    public List<Obligation> obligations() {
      return artifact.claims().gov().obligations().stream().map(Obligation::of).toList();
    }

    /** The upstream to which the call must go; empty where the artifact leaves that to the gateway. */
    public Optional<String> upstream() {
      return obligations().stream()
          .filter(Obligation.Reroute.class::isInstance)
          .map(obligation -> ((Obligation.Reroute) obligation).upstream())
          .findFirst();
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
