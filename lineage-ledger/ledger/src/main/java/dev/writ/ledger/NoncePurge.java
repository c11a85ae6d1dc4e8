// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;

/** Keeps pace with the nonces that come, a few with each batch, so that no purge is ever long. */
final class NoncePurge {
  /** A nonce outlives its challenge by this, so that clocks that differ a little do not matter. */
  private static final Duration KEPT = Duration.ofMinutes(1);

  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final int AT_LEAST = 64;

  private Instant next = Instant.MIN;

  void purge(Admission admission, Instant now, int batchSize) throws SQLException {
    // A clock that was ahead is no reason to wait until then.
    if (now.isBefore(next) && !next.isAfter(now.plus(EVERY))) {
      return;
    }
    int limit = 2 * batchSize + AT_LEAST;
    if (admission.purgeNonces(now.minus(KEPT), limit) < limit) {
      next = now.plus(EVERY);
    }
  }
}
