// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.StateChange.SetLastSeen;
import dev.writ.ledger.StateChange.Since;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What was last seen of hosts, and the chains of their artifacts: each host's row names the newest, each
 * artifact the one before it, and each how long any from it on backwards lasts. A chain is followed when
 * its host has booted, and no further than to what has ended.
 */
final class LastSeenWrites {
  private static final String CHAINED =
      "previous = artifact, artifact = COALESCE(?, artifact),"
          + " ends = CASE WHEN ends < ? THEN ? ELSE ends END, leaf_index = ?";
  private static final String FIRST =
      "INSERT INTO last_seen (ak_name, clock, reset_count, restart_count, safe, seen, leaf_index,"
          + " artifact, previous, ends) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)"
          + " ON CONFLICT DO NOTHING RETURNING previous, ends";
  private static final String SAME_BOOT =
      "UPDATE last_seen SET "
          + CHAINED
          + ", seen = CASE WHEN clock <= ? THEN ? ELSE seen END,"
          + " safe = CASE WHEN clock <= ? THEN ? ELSE safe END,"
          + " clock = CASE WHEN clock <= ? THEN ? ELSE clock END"
          + " WHERE ak_name = ? AND reset_count = ? AND restart_count = ?"
          + " AND (? = 0 OR clock <= ? OR seen >= ?) RETURNING previous, ends";
  private static final String OTHER_BOOT =
      "UPDATE last_seen SET "
          + CHAINED
          + ", clock = ?, reset_count = ?, restart_count = ?, safe = ?, seen = ?"
          + " WHERE ak_name = ? AND leaf_index = ? RETURNING previous, ends";
  private static final String CHAIN =
      "WITH RECURSIVE chain (jti, previous) AS ("
          + "SELECT artifact.jti, artifact.previous FROM last_seen"
          + " JOIN artifact ON artifact.jti = last_seen.artifact"
          + " WHERE last_seen.ak_name = ? AND artifact.ends > ?"
          + " UNION ALL SELECT artifact.jti, artifact.previous FROM chain"
          + " JOIN artifact ON artifact.jti = chain.previous WHERE artifact.ends > ?) ";
  private static final String LIVE =
      "jti IN (SELECT jti FROM chain) AND revoked = 0 AND expires > ?";
  private static final String VOID =
      CHAIN + "UPDATE artifact SET revoked = 1 WHERE " + LIVE + " RETURNING leaf_index, status";
  private static final String STATUS_OF_LIVE =
      CHAIN + "SELECT leaf_index, status FROM artifact WHERE " + LIVE;
  private static final String REVOKE_INDEX =
      "UPDATE status_index SET revoked = 1 WHERE number = ? AND leaf_index = ?";

  private final Statements statements;

  LastSeenWrites(Statements statements) {
    this.statements = statements;
  }

  /**
   * Where an artifact stands in its host's chain.
   *
   * @param previous jti of the one before it
   * @param ends when the last of it and of those before it ends, in milliseconds since 1970
   */
  record Link(Optional<byte[]> previous, long ends) {}

  /** An artifact's leaf and the number of its status index. */
  private record Place(long leafIndex, OptionalLong status) {}

  /** Records what was seen; why not, where what it was judged against is no longer so. */
  Optional<CommitOutcome> set(SetLastSeen change, long index) throws SQLException {
    return link(change, index, Optional.empty(), Instant.EPOCH).isPresent()
        ? Optional.empty()
        : Optional.of(superseded(change));
  }

  static CommitOutcome superseded(SetLastSeen change) {
    return new Superseded(new Precondition.LastSeenStands(change.akName()));
  }

  /**
   * Records what was seen, with the artifact that it led to, where it did.
   *
   * @return the artifact's place; empty where what was judged against is no longer so
   */
  Optional<Link> link(SetLastSeen change, long index, Optional<UuidV7> artifact, Instant expires)
      throws SQLException {
    byte[] host = change.akName().bytes();
    HostClock clock = change.clock();
    int safe = clock.safe() ? 1 : 0;
    long ticks = clock.column();
    Instant seen = change.seen();
    Object[] parameters;
    String sql;
    if (change.since() instanceof Since.SameBoot same) {
      sql = SAME_BOOT;
      parameters =
          new Object[] {
            artifact,
            expires,
            expires,
            index,
            ticks,
            seen,
            ticks,
            safe,
            ticks,
            ticks,
            host,
            clock.resetCount(),
            clock.restartCount(),
            safe,
            ticks,
            same.challenged()
          };
    } else if (change.since() instanceof Since.OtherBoot other) {
      sql = OTHER_BOOT;
      parameters =
          new Object[] {
            artifact,
            expires,
            expires,
            index,
            ticks,
            clock.resetCount(),
            clock.restartCount(),
            safe,
            seen,
            host,
            other.leafIndex()
          };
    } else {
      sql = FIRST;
      parameters =
          new Object[] {
            host,
            ticks,
            clock.resetCount(),
            clock.restartCount(),
            safe,
            seen,
            index,
            artifact,
            expires
          };
    }
    return statements.first(
        row -> new Link(Optional.ofNullable(row.getBytes(1)), row.getLong(2)), sql, parameters);
  }

  /** Revokes what the host has at {@code now}, with the bits. */
  void voidArtifacts(StateChange.VoidArtifacts change, Instant now) throws SQLException {
    for (Place place : places(VOID, change.akName().bytes(), now)) {
      if (place.status().isPresent()) {
        // No row of this leaf: its block was reserved again, and the bit is another artifact's.
        statements.update(REVOKE_INDEX, place.status().getAsLong(), place.leafIndex());
      }
    }
  }

  LiveArtifacts live(byte[] akName, Instant now) throws SQLException {
    List<Place> places = places(STATUS_OF_LIVE, akName, now);
    return new LiveArtifacts(
        places.size(),
        places.stream()
            .flatMap(place -> place.status().stream().boxed())
            .map(number -> StatusIndex.ofNumber(number).list())
            .distinct()
            .sorted()
            .toList());
  }

  private List<Place> places(String sql, byte[] akName, Instant now) throws SQLException {
    return statements.all(
        row -> new Place(row.getLong(1), Statements.number(row, 2)), sql, akName, now, now, now);
  }
}
