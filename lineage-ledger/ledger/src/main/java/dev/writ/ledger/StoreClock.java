// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a node whose clock is not that of the store, which all nodes share, from writing: what it dates
 * ahead would hold for all of them until that time has come. Looks once a second. Owned by the writer's
 * thread.
 */
final class StoreClock {
  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Database database;
  private final InstantSource clock;
  private long seenNanos = System.nanoTime() - EVERY_NANOS;

  /**
   * A node's clock beside the store's.
   *
   * @param clock of this node
   */
  StoreClock(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Makes sure that the two are as near as the configuration demands, where it does. */
  void require(WriterSession writer) throws SQLException, LedgerException {
    Optional<Duration> apart = database.clockWithin();
    if (apart.isEmpty() || System.nanoTime() - seenNanos < EVERY_NANOS) {
      return;
    }
    Instant before = clock.instant();
    Instant there = database.clock(writer.connection());
    Instant after = clock.instant();
    // The server read its clock somewhere between the two.
    Duration ahead = Duration.between(there, before);
    Duration behind = Duration.between(after, there);
    boolean isAhead = ahead.compareTo(behind) > 0;
    Duration by = isAhead ? ahead : behind;
    if (by.compareTo(apart.get()) > 0) {
      throw new LedgerException(
          "clock",
          "this node's clock must be within "
              + apart.get().toSeconds()
              + " s of the database server's, and is "
              + by.toSeconds()
              + (isAhead ? " s ahead" : " s behind")
              + "; set right the one that is wrong");
    }
    seenNanos = System.nanoTime();
  }
}
