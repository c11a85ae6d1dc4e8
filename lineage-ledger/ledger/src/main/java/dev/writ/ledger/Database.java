// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A database that holds a ledger, and all in which databases differ; every statement beside these is
 * the same text on each of them.
 */
interface Database extends ReadableStore {
  /** Opens what a configuration names. */
  static Database open(StoreConfig config) throws LedgerException {
    if (config instanceof SqliteConfig sqlite) {
      return SqliteDatabase.open(sqlite);
    }
    return PostgresDatabase.open((PostgresConfig) config);
  }

  /**
   * Opens what a configuration names, unless it is embedded and there is none.
   *
   * @throws LedgerException also if another process has an embedded one open
   */
  static Database openExisting(StoreConfig config) throws LedgerException {
    if (config instanceof SqliteConfig sqlite) {
      SqliteFolder.Kind.LEDGER.requireIn(sqlite.folder());
    }
    return open(config);
  }

  /** A connection for the one writer, with no transaction begun and none begun by itself. */
  Connection connectWriter() throws SQLException;

  /** Whether others may write to it while this process has it open. */
  boolean isShared();

  /** Lets those who have it open ask their witnesses one after another. */
  default WitnessTurn witnessTurn() {
    return WitnessTurn.ALONE;
  }

  /** How far a writer's clock may be from the store's; empty where nobody asks. */
  default Optional<Duration> clockWithin() {
    return Optional.empty();
  }

  /** The store's clock; only of one that has its own. */
  default Instant clock(Connection writer) throws SQLException {
    throw new IllegalStateException("bug: this store has no clock of its own");
  }

  /** What stands for the words in {@code ${}} of the schema. */
  Map<String, String> schemaWords();

  /** Keeps others from changing the schema until {@link #unlockSchema}, or until the connection ends. */
  void lockSchema(Connection writer) throws SQLException;

  /** Lets others at the schema again. */
  void unlockSchema(Connection writer) throws SQLException;

  /** Commits. A database that says of the COMMIT anything but that it was done has failed at it. */
  default void commit(Connection writer) throws SQLException {
    writer.commit();
  }

  /** What is deleted from here until {@link #endErasure} is to be nowhere after a {@link #settle}. */
  void beginErasure(Connection writer) throws SQLException;

  /** What is deleted from here on may stay in pages that are free; {@link #settle} does the same. */
  void endErasure(Connection writer) throws SQLException;

  /**
   * Leaves all that is committed on stable storage and what was deleted nowhere. Called after a
   * commit whose outcome is not known (a page that a failed fsync left in memory alone is written
   * again) and after an erasure (a journal still holds what the table does not).
   */
  void settle(Connection writer) throws SQLException;
}
