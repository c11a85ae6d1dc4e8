// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * The turn is an advisory lock of a transaction that does nothing else: the server ends that of a node
 * which has stopped, and of one whose connection is gone.
 */
final class PostgresTurn implements WitnessTurn {
  /** Says which of the database's advisory locks is ours: "turn" in ASCII. */
  private static final long LOCK = 0x7475726EL;

  private final Database database;
  private @Nullable Connection connection;
  private boolean taken;

  PostgresTurn(Database database) {
    this.database = database;
  }

  @Override
  public void take() {
    if (taken) {
      return;
    }
    try {
      if (connection == null) {
        connection = database.connectWriter();
      }
      try (Statement statement = connection.createStatement()) {
        boolean unused = statement.execute("SELECT pg_advisory_xact_lock(" + LOCK + ")");
      }
      taken = true;
    } catch (SQLException e) {
      // Without it, then: witnesses cosign one tree in whatever order they are asked.
      close();
    }
  }

  @Override
  public void pass() {
    if (!taken) {
      return;
    }
    taken = false;
    try {
      if (connection != null) {
        connection.rollback();
      }
    } catch (SQLException e) {
      close();
    }
  }

  @Override
  public void close() {
    taken = false;
    Connection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        // The server lets it go with the connection.
      }
    }
  }
}
