// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * A revocation whose leaf came before any status token that says it.
 *
 * @param scope what it withdraws
 * @param leafIndex place of its leaf: a token of that many leaves or fewer does not say it
 * @param keepUntil from when whatever it withdraws has ended by the log's time, to the millisecond
 */
public record PushedRevocation(RevocationScope scope, long leafIndex, Instant keepUntil) {
  /** Beside the longest life of an artifact, by how much clocks may be apart. */
  static final Duration MARGIN = Duration.ofHours(1);

  /** Checks the place. */
  public PushedRevocation {
    Require.between("leaf_index", leafIndex, 0, Require.MAX_EXACT);
    Require.wholeMillisecond("keep_until", keepUntil);
  }

  /** From when what a leaf of this time withdraws has ended, by the log's time. */
  static Instant ended(Instant leafTime) {
    return leafTime.plus(ArtifactClaims.MAX_LIFETIME).plus(MARGIN).truncatedTo(ChronoUnit.MILLIS);
  }

  /** Whether it withdraws an artifact of which a token of so many leaves speaks. */
  boolean withdraws(ArtifactClaims claims, long decidedBy, long treeSize) {
    return leafIndex >= treeSize && scope.covers(claims, decidedBy, leafIndex);
  }
}
