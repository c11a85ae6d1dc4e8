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
    T from(Statements store) throws SQLException, LedgerException;
  }

  /** Reads from the tree. */
  @FunctionalInterface
  interface TreeRead<T> {
    T from(KeptTree tree) throws SQLException, LedgerException;
  }

  /** Reads tiles and leaves, wherever they are kept. */
  <T> T tree(TreeRead<T> read) throws LedgerException {
    try {
      return read.from(new KeptTree(this::read, store.archive()));
    } catch (SQLException e) {
      throw LedgerException.of("the store must be readable", e);
    }
  }

  /** Reads from the store and, on the same connection, from the tree. */
  @FunctionalInterface
  interface StoreAndTreeRead<T> {
    T from(Statements store, KeptTree tree) throws SQLException, LedgerException;
  }

  <T> T readWithTree(StoreAndTreeRead<T> read) throws LedgerException {
    return read(statements -> read.from(statements, KeptTree.on(statements, store.archive())));
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
