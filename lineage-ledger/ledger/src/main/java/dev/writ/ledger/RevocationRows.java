// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.LeafBody;
import dev.writ.artifact.LeafKind;
import java.sql.SQLException;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Which leaves have a row of the table {@code revocation}, asked in the leaves' order. */
final class RevocationRows {
  /** Takes a leaf's place. */
  static final String ONE = "SELECT leaf_index FROM revocation WHERE leaf_index = ?";

  private static final String FIRST = "SELECT MIN(leaf_index) FROM revocation";

  private @Nullable Long first;

  /** Whether a step of governance had one: then all after it have. */
  private boolean ofSteps;

  /** Whether a leaf must have one: earlier versions wrote none, of steps of governance later than of others. */
  boolean mustHave(Statements statements, long index, LeafBody body) throws SQLException {
    if (!body.withdraws() || index < first(statements)) {
      return false;
    }
    if (body.kind() == LeafKind.REVOCATION || ofSteps) {
      return true;
    }
    ofSteps = statements.first(row -> row.getLong(1), ONE, index).isPresent();
    return ofSteps;
  }

  private long first(Statements statements) throws SQLException {
    if (first == null) {
      first =
          statements
              .first(row -> Statements.number(row, 1), FIRST)
              .orElse(OptionalLong.empty())
              .orElse(Long.MAX_VALUE);
    }
    return first;
  }
}
