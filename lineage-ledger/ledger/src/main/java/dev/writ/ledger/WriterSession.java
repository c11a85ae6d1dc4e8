// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * The writer's connection and its statements. Owned by the writer's thread; a transaction is open from
 * the first statement after {@link #commit} or {@link #rollback} to the next of them.
 */
final class WriterSession {
  private final Database database;
  private final Connection connection;
  private final Statements statements;
  private final TreeReads tree;
  private final TreeWrites treeWrites;
  private final KeptTree kept;
  private boolean erasing;
  private boolean purging;

  private WriterSession(Database database, Connection connection) {
    this.database = database;
    this.connection = connection;
    this.statements = new Statements(connection);
    this.tree = new TreeReads(statements);
    this.treeWrites = new TreeWrites(statements);
    this.kept = KeptTree.on(statements, database.archive());
  }

  static WriterSession open(Database database) throws SQLException {
    return new WriterSession(database, database.connectWriter());
  }

  Connection connection() {
    return connection;
  }

  Statements statements() {
    return statements;
  }

  TreeReads tree() {
    return tree;
  }

  /** Tiles and leaves, within the writer's transaction. */
  KeptTree kept() {
    return kept;
  }

  TreeWrites treeWrites() {
    return treeWrites;
  }

  /** What the transaction deletes from here on is nowhere once {@link #commit} has returned. */
  void beginErasure() throws SQLException {
    database.beginErasure(connection);
    erasing = true;
  }

  /** What the transaction deletes is read by nobody once it is committed, and nowhere after a {@link #settle}. */
  void beginPurge() throws SQLException {
    database.beginErasure(connection);
    purging = true;
  }

  void commit() throws SQLException {
    database.commit(connection);
    if (erasing) {
      settle();
    } else if (purging) {
      database.endErasure(connection);
      purging = false;
    }
  }

  /** See {@link Database#settle}. */
  void settle() throws SQLException {
    database.settle(connection);
    erasing = false;
    purging = false;
  }

  void rollback() throws SQLException {
    connection.rollback();
  }

  /**
   * Closes the connection, and with it whatever transaction is open is rolled back. What the
   * connection says to that is of no use: after a failure it may be anything, and the store is asked
   * through another.
   */
  void abort() {
    try {
      connection.close();
    } catch (SQLException e) {
      // See above.
    }
  }
}
