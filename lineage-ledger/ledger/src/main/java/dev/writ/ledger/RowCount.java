// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Counts the rows of a table along its key, a part at a time: of a store of any size no statement reads more
 * than a part, and none runs into a time-out.
 */
final class RowCount {
  /** Rows of a part: well below a second on a slow server. */
  static final int PART = 50_000;

  private final StoreReader store;
  private final String table;
  private final int part;
  private final int columns;
  private final String key;
  private final String after;

  /**
   * Counts in {@code table}.
   *
   * @param key columns of an index of it, no two rows having the same values there
   */
  RowCount(StoreReader store, String table, List<String> key) {
    this(store, table, key, PART);
  }

  /** The same in parts of another length. */
  RowCount(StoreReader store, String table, List<String> key, int part) {
    this.store = store;
    this.table = table;
    this.part = part;
    this.columns = key.size();
    this.key = String.join(", ", key);
    this.after =
        " WHERE ("
            + this.key
            + ") > ("
            + String.join(", ", Collections.nCopies(columns, "?"))
            + ")";
  }

  /** All rows. */
  long all() throws LedgerException {
    return count(Optional.empty());
  }

  /** Those behind {@code start}. */
  long after(Object... start) throws LedgerException {
    return count(Optional.of(start));
  }

  private long count(Optional<Object[]> start) throws LedgerException {
    Optional<Object[]> last = start;
    for (long counted = 0; ; counted += part) {
      String from = " FROM " + table + (last.isPresent() ? after : "");
      Object[] values = last.orElse(new Object[0]);
      last =
          store.read(
              statements ->
                  statements.first(
                      this::key,
                      "SELECT " + key + from + " ORDER BY " + key + " LIMIT 1 OFFSET " + (part - 1),
                      values));
      if (last.isEmpty()) {
        return counted
            + store.read(
                statements ->
                    statements
                        .first(row -> row.getLong(1), "SELECT COUNT(*)" + from, values)
                        .orElse(0L));
      }
    }
  }

  private Object[] key(ResultSet row) throws SQLException {
    List<Object> values = new ArrayList<>();
    for (int column = 1; column <= columns; column++) {
      values.add(row.getObject(column));
    }
    return values.toArray();
  }
}
