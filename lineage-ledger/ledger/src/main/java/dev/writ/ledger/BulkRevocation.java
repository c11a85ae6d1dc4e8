// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;

/**
 * Revokes all artifacts of which something holds, with all that were issued under them, and sets their
 * bits.
 */
final class BulkRevocation {
  private final String bits;
  private final String artifacts;

  /**
   * Of the artifacts of which {@code which} holds.
   *
   * @param with begins each statement: a WITH RECURSIVE clause that {@code which} names, or nothing
   */
  BulkRevocation(String with, String which) {
    String family = DescentRows.withDescendants(with, which);
    // Bits of the same leaf alone: a block may have been reserved again, and the bit be another's.
    this.bits =
        family
            + "UPDATE status_index SET revoked = 1 WHERE (number, leaf_index) IN"
            + " (SELECT status, leaf_index FROM artifact WHERE "
            + DescentRows.LIVE
            + ")";
    this.artifacts = family + "UPDATE artifact SET revoked = 1 WHERE " + DescentRows.LIVE;
  }

  /**
   * Revokes those that have neither ended at {@code now} nor been revoked.
   *
   * @param parameters those of {@code with} and {@code which}, in order
   */
  void make(Statements statements, Instant now, Object... parameters) throws SQLException {
    Object[] all = Arrays.copyOf(parameters, parameters.length + 1);
    all[parameters.length] = now;
    statements.update(bits, all);
    statements.update(artifacts, all);
  }
}
