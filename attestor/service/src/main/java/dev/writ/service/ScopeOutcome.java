// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.RevokedScope;
import java.time.Instant;

/** What an operator who revokes, or asks what would be revoked, by a scope gets. */
public sealed interface ScopeOutcome {
  /**
   * What would be revoked.
   *
   * @param scope as a leaf would say it
   * @param artifacts how many stand, with all that were issued under them
   */
  record Counted(RevokedScope scope, long artifacts) implements ScopeOutcome {}

  /**
   * The revocation is in the ledger, and the status tokens that are given out from now on say it.
   *
   * @param scope as the leaf says it
   * @param artifacts how many stood when it was made, with all that were issued under them
   * @param leafIndex of the leaf
   * @param time of that leaf
   */
  record Revoked(RevokedScope scope, long artifacts, long leafIndex, Instant time)
      implements ScopeOutcome {}

  /** Not revoked by this, or not yet to be seen by everybody: the denial says which. */
  record Denied(Denial denial) implements ScopeOutcome {}
}
