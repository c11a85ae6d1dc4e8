// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.util.List;

/**
 * A statement that changes one row; or none, and then what it is part of is not possible.
 *
 * @param parameters as {@link Statements#with} takes them
 */
record RowChange(String sql, List<Object> parameters) {
  static RowChange of(String sql, Object... parameters) {
    return new RowChange(sql, List.of(parameters));
  }
}
