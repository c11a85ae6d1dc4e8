// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.SQLException;
import java.util.List;

/**
 * The ledger's infrastructure fails: its folder, its database, its checkpoint key. The message is one
 * sentence that says what must hold, what was, and what to do next.
 */
public final class LedgerException extends Exception {
  private static final long serialVersionUID = 1;

  /** Code of a store that is there, and empty of what it must have. */
  static final String LOST = "ledger_lost";

  private static final List<String> DAMAGED =
      List.of(LOST, "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLState XX001", "SQLState XX002");

  private final String code;

  /**
   * A failure.
   *
   * @param code of the layer that failed
   */
  public LedgerException(String code, String message) {
    super(message);
    this.code = code;
  }

  /**
   * A failure of a layer below.
   *
   * @param code that layer's own
   */
  public LedgerException(String code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  static LedgerException of(String what, SQLException cause) {
    return new LedgerException(
        SqlFailures.code(cause), what + ": " + SqlFailures.sentence(cause), cause);
  }

  /** The failing layer's own code, such as {@code SQLITE_FULL}; {@code ledger} where it has none. */
  public String code() {
    return code;
  }

  /** Whether a server did not answer, or ended the connection (SQLSTATE class 08). */
  public boolean isUnreachable() {
    return code.startsWith("SQLState 08");
  }

  /**
   * Whether a store is there and not whole: emptied, or found by its database to be torn (SQLite's CORRUPT and
   * NOTADB; PostgreSQL's data_corrupted and index_corrupted).
   */
  public boolean isDamage() {
    return DAMAGED.stream().anyMatch(code::startsWith);
  }
}
