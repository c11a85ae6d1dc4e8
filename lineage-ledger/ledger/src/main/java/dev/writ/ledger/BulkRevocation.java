// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.SQLException;

/** Revokes all artifacts of which something holds, and sets their bits. */
final class BulkRevocation {
  private final String bits;
  private final String artifacts;

  /**
   * Of the artifacts of which {@code which} holds.
   *
   * @param with begins each statement: a WITH clause that {@code which} names, or nothing
   */
  BulkRevocation(String with, String which) {
    // Bits of the same leaf alone: a block may have been reserved again, and the bit be another's.
    this.bits =
        with
            + "UPDATE status_index SET revoked = 1 WHERE (number, leaf_index) IN"
            + " (SELECT status, leaf_index FROM artifact WHERE "
            + which
            + ")";
    this.artifacts = with + "UPDATE artifact SET revoked = 1 WHERE " + which;
  }

  /**
   * Revokes them.
   *
   * @param parameters those of {@code with} and {@code which}, in order
   */
  void make(Statements statements, Object... parameters) throws SQLException {
    statements.update(bits, parameters);
    statements.update(artifacts, parameters);
  }
}
