// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import javax.sql.DataSource;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * An embedded store that nobody has open, read without changing a byte of its folder, which may be one that
 * cannot be written.
 *
 * <p>A reader of a database in write-ahead mode makes the log and its index beside the file where they are
 * missing. One that was closed has no log and is opened as {@code immutable}, which makes none. One whose
 * process was killed has a log that counts; SQLite reads it, with {@code readonly_shm}, by an index in memory
 * alone, as long as there is a file of the index (sqlite.org/wal.html, "Read-Only Databases").
 */
final class SqliteAtRest implements ReadableStore {
  private final SqliteFolder folder;
  private final HikariDataSource readers;
  private final Optional<TileArchive> archive;

  private SqliteAtRest(
      SqliteFolder folder, HikariDataSource readers, Optional<TileArchive> archive) {
    this.folder = folder;
    this.readers = readers;
    this.archive = archive;
  }

  /**
   * Takes the store of a configuration as it is.
   *
   * @throws LedgerException if it cannot be read, is open, or would have to be changed to be read
   */
  static SqliteAtRest open(SqliteConfig config) throws LedgerException {
    return open(SqliteFolder.takeAtRest(config.folder()), config);
  }

  /** The same; empty where somebody has it open to write it. */
  static Optional<SqliteAtRest> openUnlessOpen(SqliteConfig config) throws LedgerException {
    Optional<SqliteFolder> folder = SqliteFolder.takeAtRestUnlessOpen(config.folder());
    return folder.isPresent() ? Optional.of(open(folder.get(), config)) : Optional.empty();
  }

  private static SqliteAtRest open(SqliteFolder folder, SqliteConfig config)
      throws LedgerException {
    try {
      SQLiteDataSource source = source(folder.file());
      requireReadable(source, folder.file());
      return new SqliteAtRest(
          folder,
          SqliteDatabase.pool("ledger-at-rest", source, 1),
          config.archive().map(TileArchive::new));
    } catch (LedgerException | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  private static SQLiteDataSource source(Path file) throws LedgerException {
    boolean logged = holdsSomething(file, "-wal");
    if (holdsSomething(file, "-journal")) {
      throw unclosed(file, "-journal must be undone in it", "");
    }
    if (logged && !Files.exists(beside(file, "-shm"))) {
      throw unclosed(
          file,
          "-wal must be added to it, and -shm is not there",
          ", or check a copy of the folder to which an empty "
              + file.getFileName()
              + "-shm is added");
    }
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl(
        "jdbc:sqlite:file:"
            + file.toUri().getRawPath()
            + (logged ? "?mode=ro&readonly_shm=1" : "?mode=ro&immutable=1"));
    return source;
  }

  private static LedgerException unclosed(Path file, String what, String instead) {
    return new LedgerException(
        "ledger",
        file
            + " must have been closed, or be as its process left it; what stands in its "
            + what
            + ": start the service once, which does that, and stop it"
            + instead);
  }

  private static boolean holdsSomething(Path file, String suffix) throws LedgerException {
    Path path = beside(file, suffix);
    try {
      return Files.exists(path) && Files.size(path) > 0;
    } catch (IOException e) {
      throw new LedgerException("ledger", path + " must be readable, was not: " + e, e);
    }
  }

  private static Path beside(Path file, String suffix) {
    return file.resolveSibling(file.getFileName() + suffix);
  }

  /** A pool would say no more than that there was no connection. */
  private static void requireReadable(SQLiteDataSource source, Path file) throws LedgerException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT COUNT(*) FROM sqlite_master")) {
      if (!row.next()) {
        throw new IllegalStateException("a bug: an aggregate gave no row");
      }
    } catch (SQLException e) {
      throw LedgerException.of(file + " must be a SQLite database that can be read", e);
    }
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
  public void close() {
    readers.close();
    folder.close();
  }
}
