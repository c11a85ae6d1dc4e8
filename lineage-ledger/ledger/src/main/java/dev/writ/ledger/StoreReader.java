// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Reads of what is committed, each on a connection of its own. A connection that a server ended since it
 * was last used is found out by using it: the read is made again on another.
 */
final class StoreReader {
  /** More than a pool has. */
  private static final int MOST_ENDED = 10;

  private final ReadableStore store;

  StoreReader(ReadableStore store) {
    this.store = store;
  }

  /** Reads from the store. */
  @FunctionalInterface
  interface Read<T> {
    T from(Statements store) throws SQLException;
  }

  <T> T read(Read<T> read) throws LedgerException {
    try {
      for (int ended = 0; ; ended++) {
        try (Connection connection = store.readers().getConnection()) {
          try {
            return read.from(new Statements(connection));
          } catch (SQLException e) {
            if (ended == MOST_ENDED || !SqlFailures.isConnectionLost(e)) {
              throw e;
            }
          }
        }
      }
    } catch (SQLException e) {
      throw LedgerException.of("the store must be readable", e);
    }
  }
}
