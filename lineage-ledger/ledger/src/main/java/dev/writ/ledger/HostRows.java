// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.SQLException;
import java.util.List;

/** Reads of many hosts at once. */
final class HostRows {
  private static final String INACTIVE = StateReads.HOST + "state <> 'ACTIVE' ORDER BY ak_name";
  private static final String PAGE = StateReads.HOST + "name > ? ORDER BY name LIMIT ?";

  private final Statements statements;

  HostRows(Statements statements) {
    this.statements = statements;
  }

  /** All that are not active: there are few, and an index has them. */
  List<Host> inactive() throws SQLException {
    return statements.all(StateReads::host, INACTIVE);
  }

  /** Those whose names come after this one in the store's order of names. */
  List<Host> after(String name, int most) throws SQLException {
    return statements.all(StateReads::host, PAGE, name, most);
  }
}
