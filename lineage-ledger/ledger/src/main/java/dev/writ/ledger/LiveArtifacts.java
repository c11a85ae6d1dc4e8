// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Artifacts that have not ended: those of a host that were not revoked either, or those of break-glasses that
 * were.
 *
 * @param number how many
 * @param statusLists numbers of the lists in which they have bits, lowest first
 */
public record LiveArtifacts(long number, List<Integer> statusLists) {
  /** Copies the list. */
  public LiveArtifacts {
    statusLists = List.copyOf(statusLists);
  }

  /** How many artifacts have bits in a list, or in none. */
  private record InList(OptionalLong list, long artifacts) {
    static InList read(ResultSet row) throws SQLException {
      return new InList(Statements.number(row, 1), row.getLong(2));
    }
  }

  /** What a statement counts for each list, lowest first. */
  static LiveArtifacts counted(Statements statements, String sql, Object... parameters)
      throws SQLException {
    long number = 0;
    List<Integer> lists = new ArrayList<>();
    for (InList some : statements.all(InList::read, sql, parameters)) {
      number += some.artifacts();
      some.list().ifPresent(list -> lists.add(Math.toIntExact(list)));
    }
    return new LiveArtifacts(number, lists);
  }
}
