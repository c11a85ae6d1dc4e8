// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import com.zaxxer.hikari.HikariDataSource;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * An embedded store that is read beside the process that has it open to write it: each statement sees what
 * was committed before it began, and holds up no commit.
 */
final class SqliteBeside implements ReadableStore {
  private final HikariDataSource readers;
  private final Optional<TileArchive> archive;

  private SqliteBeside(HikariDataSource readers, Optional<TileArchive> archive) {
    this.readers = readers;
    this.archive = archive;
  }

  /**
   * The store that a configuration names, to be read whether or not somebody writes it.
   *
   * @throws LedgerException if it cannot be read, or is embedded and there is none
   */
  static ReadableStore openToRead(StoreConfig config) throws LedgerException {
    if (!(config instanceof SqliteConfig sqlite)) {
      return Database.open(config);
    }
    SqliteFolder.Kind.LEDGER.requireIn(sqlite.folder());
    Optional<SqliteAtRest> atRest = SqliteAtRest.openUnlessOpen(sqlite);
    if (atRest.isPresent()) {
      return atRest.get();
    }
    return new SqliteBeside(
        SqliteDatabase.readers(sqlite.folder().resolve(SqliteFolder.Kind.LEDGER.database())),
        sqlite.archive().map(TileArchive::new));
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
  }
}
