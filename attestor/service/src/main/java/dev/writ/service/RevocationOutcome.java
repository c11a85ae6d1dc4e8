// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.UuidV7;
import java.time.Instant;

/** What an operator who revokes an artifact gets. */
public sealed interface RevocationOutcome {
  /**
   * The revocation is in the ledger, and the status token that is given out from now on says it.
   *
   * @param leafIndex of the leaf that says so
   * @param time of that leaf
   */
  record Revoked(UuidV7 jti, long leafIndex, Instant time) implements RevocationOutcome {}

  /** Not revoked by this, or not yet to be seen by everybody: the denial says which. */
  record Denied(Denial denial) implements RevocationOutcome {}
}
