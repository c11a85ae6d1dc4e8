// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
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

  /**
   * Pages in the log before they move to the main file: 32 MiB. At the default of 1,000 the pages
   * that each commit writes again (right-edge tiles, inner pages of indexes) are moved so often that a
   * third of the rate is lost.
   */
  private static final int LOG_PAGES = 8_000;

  private static final int WAIT_FOR_READER_MILLIS = 5_000;

  private static final int CACHE_KIB = 64 * 1024;

  private final SqliteFolder folder;
  private final HikariDataSource readers;

  private SqliteDatabase(SqliteFolder folder) {
    this.folder = folder;
    this.readers = readers(folder.file());
  }

  /** Takes the store in {@code path}, making folder and file where they are missing. */
  static SqliteDatabase open(Path path) throws LedgerException {
    SqliteFolder folder = SqliteFolder.take(path);
    try {
      // The pool connects at once, and a reader cannot make the file a database: the writer does.
      connect(folder.file()).close();
      return new SqliteDatabase(folder);
    } catch (SQLException e) {
      folder.close();
      throw LedgerException.of(folder.file() + " must be a SQLite database that can be written", e);
    } catch (RuntimeException e) {
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
      execute(connection, "PRAGMA wal_autocheckpoint = " + LOG_PAGES);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
    return connection;
  }

  private static HikariDataSource readers(Path file) {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    config.setBusyTimeout(BUSY_MILLIS);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    HikariConfig pool = new HikariConfig();
    pool.setPoolName("ledger-readers");
    pool.setDataSource(source);
    pool.setReadOnly(true);
    pool.setMaximumPoolSize(READERS);
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
  public Map<String, String> schemaWords() {
    return Map.of(
        "int64", "INTEGER", "bytes", "BLOB", "table", "STRICT", "keyed", "STRICT, WITHOUT ROWID");
  }

  /** Has freed pages overwritten, from here until {@link #settle}: all the time it would cost writes. */
  @Override
  public void beginErasure(Connection writer) throws SQLException {
    execute(writer, "PRAGMA secure_delete = ON");
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
    try (Statement statement = writer.createStatement();
        ResultSet result = statement.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)")) {
      if (!result.next() || result.getInt(1) != 0) {
        throw new SQLException("the write-ahead log must be emptied, a reader was in the way");
      }
      execute(writer, "PRAGMA secure_delete = OFF");
    } finally {
      writer.setAutoCommit(false);
    }
  }

  @Override
  public void close() {
    readers.close();
    folder.close();
  }
}
