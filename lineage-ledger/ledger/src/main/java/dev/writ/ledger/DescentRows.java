// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.StatusReference;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.DelegationSpent;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Refused;
import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.StateChange.RecordDescent;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Which artifacts were issued under which. */
final class DescentRows {
  /** Whether an artifact of {@link #withDescendants} has neither ended nor been revoked. Takes the time. */
  static final String LIVE = "jti IN (SELECT jti FROM family) AND revoked = 0 AND expires > ?";

  /** Which artifacts are children of one. Takes its jti. */
  static final String CHILDREN = "jti IN (SELECT jti FROM descent WHERE parent = ?)";

  private static final String RECORD =
      "INSERT INTO descent (jti, parent, root, depth, uses, leaf_index, drawn_of)"
          + " SELECT child.jti, above.jti, COALESCE(chain.root, above.jti),"
          + " COALESCE(chain.depth, 0) + 1, ?, child.leaf_index, begun.jti"
          + " FROM artifact AS child JOIN artifact AS above ON above.jti = ?"
          + " JOIN artifact AS begun ON begun.jti = ?"
          + " LEFT JOIN descent AS chain ON chain.jti = above.jti"
          + " WHERE child.jti = ? AND child.leaf_index = ? AND above.leaf_index < child.leaf_index"
          + " AND child.expires <= above.expires AND COALESCE(chain.depth, 0) < "
          + Descent.MAX_DEPTH
          + " AND begun.leaf_index <= above.leaf_index"
          + " AND (SELECT COALESCE(SUM(uses), 0) FROM descent WHERE drawn_of = ?) <= ?"
          + " ON CONFLICT DO NOTHING RETURNING depth";
  private static final String DRAWN =
      "SELECT COALESCE(SUM(uses), 0) FROM descent WHERE drawn_of = ?";
  private static final String UNNAMED =
      "SELECT DISTINCT descent.parent, COALESCE(artifact.leaf_index, -1) FROM descent"
          + " LEFT JOIN artifact ON artifact.jti = descent.parent"
          + " WHERE descent.drawn_of IS NULL ORDER BY 2";
  private static final String NAME =
      "UPDATE descent SET drawn_of = ? WHERE parent = ? AND drawn_of IS NULL";
  private static final String ROW =
      "SELECT jti, parent, root, depth, uses, leaf_index FROM descent WHERE jti = ?";
  private static final String BEFORE =
      "SELECT leaf_index FROM descent WHERE drawn_of = ? AND leaf_index < ?"
          + " ORDER BY leaf_index LIMIT ?";
  private static final String DESCENDANTS_IN_LISTS =
      withDescendants("", CHILDREN)
          + "SELECT status / "
          + StatusReference.MAX_LIST
          + ", COUNT(*) FROM artifact WHERE jti IN (SELECT jti FROM family) AND expires > ?"
          + " GROUP BY 1 ORDER BY 1";
  private static final String STANDING =
      withDescendants("", CHILDREN)
          + "SELECT COUNT(*) FROM artifact WHERE "
          + LIVE
          + " AND leaf_index < ?";

  private final Statements statements;

  DescentRows(Statements statements) {
    this.statements = statements;
  }

  /**
   * Begins a statement by {@code family}: the artifacts of which something holds, and all that were issued
   * under them, however far below. A child ends no later than its parent, so that what has not ended is under
   * nothing that has.
   *
   * @param with a WITH RECURSIVE clause that {@code which} names, or nothing
   * @param which condition on rows of {@code artifact}
   */
  static String withDescendants(String with, String which) {
    return (with.isEmpty() ? "WITH RECURSIVE " : with.strip() + ", ")
        + "family (jti) AS (SELECT jti FROM artifact WHERE "
        + which
        + " UNION SELECT descent.jti FROM family JOIN descent ON descent.parent = family.jti) ";
  }

  Optional<CommitOutcome> record(RecordDescent change, long index) throws SQLException {
    if (statements.any(
        RECORD,
        change.uses(),
        change.parent(),
        change.drawnOf(),
        change.jti(),
        index,
        change.drawnOf(),
        change.mostUses() - change.uses())) {
      return Optional.empty();
    }
    return Optional.of(
        drawn(change.drawnOf()) > change.mostUses() - change.uses()
            ? new Superseded(new DelegationSpent(change.parent()))
            : new Refused(change, Refusal.DESCENT_IMPOSSIBLE));
  }

  /** How many uses all draw together of the execution that began with an artifact. */
  long drawn(UuidV7 begun) throws SQLException {
    return statements.first(row -> row.getLong(1), DRAWN, begun).orElse(0L);
  }

  /** The leaves before one that allowed something under an execution's artifacts, in order. */
  List<Long> before(UuidV7 begun, long leafIndex, int most) throws SQLException {
    return statements.all(row -> row.getLong(1), BEFORE, begun, leafIndex, (long) most);
  }

  /** Who has children in rows that do not say of what those draw, and where it was allowed; -1 if nowhere. */
  private record Parent(UuidV7 jti, long leafIndex) {
    UuidV7 begun(KeptTree kept) throws SQLException, LedgerException {
      try {
        for (byte[] leaf : kept.leaves(leafIndex, leafIndex + 1)) {
          if (Leaf.parse(leaf).body() instanceof LeafBody.DecisionAllow allow
              && allow.jti().equals(jti)) {
            return allow.begun();
          }
        }
      } catch (MalformedLeafException e) {
        throw SignedTree.corrupt("leaf " + leafIndex + ": " + e.getMessage(), e);
      }
      throw SignedTree.corrupt(
          "the leaf that allowed " + jti + " must be there, since others are under it, and is not",
          null);
    }
  }

  /** Has rows that an older version wrote say of what they draw, which their parents' leaves tell. */
  void nameDrawn(KeptTree kept) throws SQLException, LedgerException {
    List<Parent> parents =
        statements.all(row -> new Parent(Statements.uuid(row, 1), row.getLong(2)), UNNAMED);
    for (Parent parent : parents) {
      int unused = statements.update(NAME, parent.begun(kept), parent.jti());
    }
  }

  Optional<Descent> of(UuidV7 jti) throws SQLException {
    return statements.first(DescentRows::descent, ROW, jti);
  }

  private static Descent descent(ResultSet row) throws SQLException {
    return new Descent(
        Statements.uuid(row, 1),
        Statements.uuid(row, 2),
        Statements.uuid(row, 3),
        row.getInt(4),
        row.getLong(5),
        row.getLong(6));
  }

  /** All under an artifact that have not ended, revoked or not. */
  LiveArtifacts descendants(UuidV7 jti, Instant now) throws SQLException {
    return LiveArtifacts.counted(statements, DESCENDANTS_IN_LISTS, jti, now);
  }

  /** How many under an artifact, decided before a leaf, neither end by {@code now} nor are revoked. */
  long standing(UuidV7 jti, Instant now, long before) throws SQLException {
    return statements.first(row -> row.getLong(1), STANDING, jti, now, before).orElse(0L);
  }
}
