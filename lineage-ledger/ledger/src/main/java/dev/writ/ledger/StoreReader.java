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

  private static final String HEAD = "SELECT size FROM tree_head WHERE id = 1";

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
    return onConnection(connection -> read.from(new Statements(connection)));
  }

  /** Fixes what is read. */
  @FunctionalInterface
  interface Begin {
    /** From now on only what is committed is read, whatever is committed later. */
    void begin() throws SQLException;
  }

  /** Reads from the store as it was when {@link Begin#begin} was called. */
  @FunctionalInterface
  interface MomentRead<T> {
    T from(Begin moment, Statements store) throws SQLException, LedgerException;
  }

  /** Reads as of a moment that the reader chooses, before it reads anything. */
  <T> T readOneMoment(MomentRead<T> read) throws LedgerException {
    return onConnection(
        connection -> {
          // Of PostgreSQL's levels the lowest that shows one moment is another; this is SQLite's
          // only one.
          connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
          connection.setAutoCommit(false);
          Statements statements = new Statements(connection);
          // That a server ended the connection is found out here, and not by who waits for the
          // moment.
          touch(statements);
          connection.rollback();
          return read.from(() -> touch(statements), statements);
        });
  }

  private static void touch(Statements statements) throws SQLException {
    if (!statements.any(HEAD)) {
      throw new IllegalStateException("a bug: a store without a head was opened");
    }
  }

  /** Does something with a connection. */
  @FunctionalInterface
  private interface Use<T> {
    T with(Connection connection) throws SQLException, LedgerException;
  }

  private <T> T onConnection(Use<T> use) throws LedgerException {
    try {
      for (int ended = 0; ; ended++) {
        try (Connection connection = store.readers().getConnection()) {
          try {
            return use.with(connection);
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
