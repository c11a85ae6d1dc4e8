// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * The embedded default: one SQLite file in write-ahead mode, opened by one process.
 *
 * <p>{@code synchronous=FULL} syncs the log at each commit, so that what was committed survives a
 * power cut (sqlite.org/pragma.html#pragma_synchronous).
 */
final class SqliteDatabase implements Database {
  private static final int READERS = 4;

  /** Only a person with a database shell makes the writer wait. */
  private static final int BUSY_MILLIS = 2_000;

  private static final int WAIT_FOR_READER_MILLIS = 5_000;

  /**
   * What is moved from one page to another leaves nothing behind in the first, which is written anyway. Without it
   * the first rows of a table stay in its root page when that splits, and no erasure finds them there.
   */
  private static final String OVERWRITE_IN_PAGES = "PRAGMA secure_delete = FAST";

  private static final int CACHE_KIB = 64 * 1024;

  private final SqliteFolder folder;
  private final SqliteLog log;
  private final Optional<TileArchive> archive;
  private final HikariDataSource readers;

  private SqliteDatabase(SqliteFolder folder, SqliteLog log, Optional<TileArchive> archive) {
    this.folder = folder;
    this.log = log;
    this.archive = archive;
    this.readers = readers(folder.file());
  }

  /** Takes the store of a configuration, making folder and file where they are missing. */
  static SqliteDatabase open(SqliteConfig config) throws LedgerException {
    SqliteFolder folder = SqliteFolder.take(config.folder());
    SqliteLog log;
    try {
      // The pool connects at once, and a reader cannot make the file a database: this does.
      log = new SqliteLog(connect(folder.file()));
    } catch (SQLException e) {
      folder.close();
      throw LedgerException.of(folder.file() + " must be a SQLite database that can be written", e);
    }
    try {
      return new SqliteDatabase(folder, log, config.archive().map(TileArchive::new));
    } catch (RuntimeException e) {
      log.close();
      folder.close();
      throw e;
    }
  }

  @Override
  public Connection connectWriter() throws SQLException {
    Connection connection = connect(folder.file());
    connection.setAutoCommit(false);
    return connection;
  }

  private static Connection connect(Path file) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setBusyTimeout(BUSY_MILLIS);
    config.setCacheSize(-CACHE_KIB);
    Connection connection = config.createConnection("jdbc:sqlite:" + file);
    try {
      execute(connection, "PRAGMA wal_autocheckpoint = " + SqliteLog.PAGES);
      execute(connection, OVERWRITE_IN_PAGES);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    return connection;
  }

  /** Connections that read the file of a database which somebody writes. */
  static HikariDataSource readers(Path file) {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(BUSY_MILLIS);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    return pool("ledger-readers", source, READERS);
  }

  /** Connections that stay open, at most so many. */
  static HikariDataSource pool(String name, DataSource source, int connections) {
    HikariConfig pool = new HikariConfig();
    pool.setPoolName(name);
    pool.setDataSource(source);
    pool.setReadOnly(true);
    pool.setMaximumPoolSize(connections);
    pool.setConnectionTimeout(WAIT_FOR_READER_MILLIS);
    // Nothing stands between us and the file that could go stale.
    pool.setMaxLifetime(0);
    pool.setIdleTimeout(0);
    return new HikariDataSource(pool);
  }

  @Override
  public DataSource readers() {
    return readers;
  }

  @Override
  public Optional<TileArchive> archive() {
    return archive;
  }

  @Override
  public boolean isShared() {
    return false;
  }

  /** The folder's lock keeps all others out. */
  @Override
  public void lockSchema(Connection writer) {}

  @Override
  public void unlockSchema(Connection writer) {}

  @Override
  public Map<String, String> schemaWords() {
    return Map.of(
        "int64", "INTEGER", "bytes", "BLOB", "table", "STRICT", "keyed", "STRICT, WITHOUT ROWID");
  }

  /** Has freed pages overwritten: all the time it would cost writes. */
  @Override
  public void beginErasure(Connection writer) throws SQLException {
    execute(writer, "PRAGMA secure_delete = ON");
  }

  @Override
  public void endErasure(Connection writer) throws SQLException {
    execute(writer, OVERWRITE_IN_PAGES);
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void settle(Connection writer) throws SQLException {
    writer.rollback();
    writer.setAutoCommit(true);
    try {
      log.empty(writer);
      endErasure(writer);
    } finally {
      writer.setAutoCommit(false);
    }
  }

  @Override
  public void close() {
    readers.close();
    log.close();
    folder.close();
  }
}
