// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.StatusReference;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/** Counts the artifacts that are meant by scopes. */
final class ScopeReads {
  /** Whether an artifact is a workload's and live. Takes the time and the workload's digest. */
  static final String WORKLOAD = "revoked = 0 AND expires > ? AND " + bit("subject");

  private static final String OF_WORKLOAD = inLists(WORKLOAD);
  private static final String BETWEEN = inLists(StateReads.LIVE_BETWEEN);

  private static final String STANDS =
      "SELECT COUNT(*) FROM artifact WHERE " + DescentRows.LIVE + " AND leaf_index < ?";
  private static final String PLACES_STAND =
      DescentRows.withDescendants("", "leaf_index >= ? AND leaf_index < ? AND expires > ?")
          + STANDS;
  private static final String HOST_STANDS =
      DescentRows.withDescendants("", "expires > ? AND " + bit("ak_name")) + STANDS;
  private static final String WORKLOAD_STANDS =
      DescentRows.withDescendants("", "expires > ? AND " + bit("subject")) + STANDS;

  private final Statements statements;

  /** Of those of which {@code which} holds, the next to revoke: the same ones until they are. */
  static String part(String which) {
    return "jti IN (SELECT jti FROM artifact WHERE "
        + which
        + " ORDER BY expires, leaf_index LIMIT "
        + ArtifactScope.AT_ONCE
        + ")";
  }

  private static String bit(String column) {
    return "EXISTS (SELECT 1 FROM status_index AS bit WHERE bit.number = artifact.status"
        + " AND bit.leaf_index = artifact.leaf_index AND bit."
        + column
        + " = ?)";
  }

  ScopeReads(Statements statements) {
    this.statements = statements;
  }

  private static String inLists(String which) {
    return DescentRows.withDescendants("", which)
        + "SELECT status / "
        + StatusReference.MAX_LIST
        + ", COUNT(*) FROM artifact WHERE "
        + DescentRows.LIVE
        + " GROUP BY 1 ORDER BY 1";
  }

  /** What {@link ArtifactScope#revocation} would revoke at {@code now}. */
  LiveArtifacts live(ArtifactScope scope, Instant now) throws SQLException {
    if (scope instanceof ArtifactScope.OfHost host) {
      return new StateReads(statements).live(host.akName(), now);
    } else if (scope instanceof ArtifactScope.OfWorkload workload) {
      return LiveArtifacts.counted(statements, OF_WORKLOAD, now, workload.subject(), now);
    }
    ArtifactScope.Between between = (ArtifactScope.Between) scope;
    return LiveArtifacts.counted(
        statements, BETWEEN, between.fromIndex(), between.beforeIndex(), now, now);
  }

  /**
   * How many of a scope, or under one of it, decided before a leaf, neither end by {@code now} nor are revoked;
   * of a host's and a workload's as long as their bits are theirs.
   */
  long standing(ArtifactScope scope, Instant now, long before) throws SQLException {
    Optional<Long> number;
    if (scope instanceof ArtifactScope.OfHost host) {
      number = count(HOST_STANDS, now, host.akName().bytes(), now, before);
    } else if (scope instanceof ArtifactScope.OfWorkload workload) {
      number = count(WORKLOAD_STANDS, now, workload.subject(), now, before);
    } else {
      ArtifactScope.Between between = (ArtifactScope.Between) scope;
      number = count(PLACES_STAND, between.fromIndex(), between.beforeIndex(), now, now, before);
    }
    return number.orElse(0L);
  }

  private Optional<Long> count(String sql, Object... parameters) throws SQLException {
    return statements.first(row -> row.getLong(1), sql, parameters);
  }
}
