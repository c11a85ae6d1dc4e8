// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.SQLException;
import org.sqlite.SQLiteException;

/** Names what a database refused with: SQLite by its result code, all others by SQLState. */
final class SqlFailures {
  private SqlFailures() {}

  /** The layer's code: {@code SQLITE_FULL}, or {@code SQLState 40001}. */
  static String code(SQLException failure) {
    if (failure instanceof SQLiteException sqlite) {
      return sqlite.getResultCode().name();
    }
    String state = failure.getSQLState();
    return state == null ? "SQL " + failure.getErrorCode() : "SQLState " + state;
  }

  /** Whether it was the connection that failed (SQLState class 08) or was ended (57P01 to 57P03). */
  static boolean isConnectionLost(SQLException failure) {
    String state = failure.getSQLState();
    return state != null && (state.startsWith("08") || state.startsWith("57P0"));
  }

  /** What the database said, on one line. */
  static String sentence(SQLException failure) {
    String message = failure.getMessage();
    return message == null ? code(failure) : message.replaceAll("\\s+", " ").trim();
  }
}
