// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * SQLite's write-ahead log: its pages are moved to the main file beside the writer, which goes on
 * meanwhile (PASSIVE, sqlite.org/c3ref/wal_checkpoint_v2.html).
 *
 * <p>Pages that came since are left. When the log is full the writer moves those by itself, in a COMMIT
 * for which all entries wait, and begins the log anew: an eighth of what it would move without this.
 */
final class SqliteLog implements AutoCloseable {
  /**
   * Pages in the log before the writer moves them: 32 MiB. At the default of 1,000 the pages that each
   * commit writes again (right-edge tiles, inner pages of indexes) are moved so often that a third of
   * the rate is lost.
   */
  static final int PAGES = 8_000;

  private static final int MOVED_AT = PAGES / 8;
  private static final long PERIOD_MILLIS = 100;

  private final Connection connection;
  private final ScheduledExecutorService ticks =
      Executors.newSingleThreadScheduledExecutor(task -> Deadlines.daemon(task, "ledger-log"));

  /**
   * Moves pages from here on.
   *
   * @param connection to the file, with a transaction for each statement; closed with this
   */
  SqliteLog(Connection connection) {
    this.connection = connection;
    var unused =
        ticks.scheduleWithFixedDelay(
            this::moveMany, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  private synchronized void moveMany() {
    try (Statement statement = connection.createStatement()) {
      if (unmoved(statement) >= MOVED_AT) {
        statement.execute("PRAGMA wal_checkpoint(PASSIVE)");
      }
    } catch (SQLException e) {
      // What is not moved stays in the log; a store that fails fails the writer, who tells.
    }
  }

  private static int unmoved(Statement statement) throws SQLException {
    try (ResultSet pages = statement.executeQuery("PRAGMA wal_checkpoint(NOOP)")) {
      return pages.next() ? pages.getInt(2) - pages.getInt(3) : 0;
    }
  }

  /**
   * Moves all pages, by the writer's connection, and leaves the log with none. Not while this moves
   * some: SQLite does not wait for another who does.
   */
  synchronized void empty(Connection writer) throws SQLException {
    try (Statement statement = writer.createStatement();
        ResultSet result = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
      if (!result.next() || result.getInt(1) != 0) {
        throw new SQLException("the write-ahead log must be emptied, a reader was in the way");
      }
    }
  }

  @Override
  public void close() {
    ticks.shutdown();
    synchronized (this) {
      try {
        connection.close();
      } catch (SQLException e) {
        // Nothing was written by it that another does not find.
      }
    }
  }
}
