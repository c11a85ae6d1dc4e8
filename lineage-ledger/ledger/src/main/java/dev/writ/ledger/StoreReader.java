// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.Connection;
import java.sql.SQLException;

/** Reads of what is committed, each on a connection of its own. */
final class StoreReader {
  private final Database database;

  StoreReader(Database database) {
    this.database = database;
  }

  /** Reads from the store. */
  @FunctionalInterface
  interface Read<T> {
    T from(Statements store) throws SQLException;
  }

  <T> T read(Read<T> read) throws LedgerException {
    try (Connection connection = database.readers().getConnection()) {
      return read.from(new Statements(connection));
    } catch (SQLException e) {
      throw LedgerException.of("the store must be readable", e);
    }
  }
}
