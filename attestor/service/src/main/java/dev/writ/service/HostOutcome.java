// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.HostStanding;
import java.time.Instant;
import java.util.Optional;

/** What an operator who suspends, resumes or retires a host gets. */
public sealed interface HostOutcome {
  /**
   * How the host stands, or would.
   *
   * @param was how it stood
   * @param state how it stands now, or would after what was asked for
   * @param artifacts how many of its artifacts, with all that were issued under them, this revoked, or would
   * @param change where the ledger says that it stands so from here on; empty where nothing was changed
   */
  record Stands(HostStanding was, HostStanding state, long artifacts, Optional<Change> change)
      implements HostOutcome {}

  /** A leaf's place and time. */
  record Change(long leafIndex, Instant time) {}

  /** Not done, or not all of it, or not yet to be seen by everybody: the denial says which. */
  record Denied(Denial denial) implements HostOutcome {}
}
