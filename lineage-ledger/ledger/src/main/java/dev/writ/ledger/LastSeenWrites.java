// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.Superseded;
import dev.writ.ledger.StateChange.SetLastSeen;
import dev.writ.ledger.StateChange.Since;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/**
 * What was last seen of hosts, and the chains of their artifacts: each host's row names the newest, each
 * artifact the one before it, and each how long any from it on backwards lasts. A chain is followed when
 * its host has booted, no further than to what has ended, and cut when it was.
 */
final class LastSeenWrites {
  private static final String CHAINED =
      "previous = artifact, artifact = COALESCE(?, artifact),"
          + " ends = CASE WHEN ends < ? THEN ? ELSE ends END, leaf_index = ?";
  private static final String FIRST =
      "INSERT INTO last_seen (ak_name, clock, reset_count, restart_count, safe, seen, anchor,"
          + " leaf_index, artifact, previous, ends) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ? WHERE true"
          + " ON CONFLICT DO NOTHING";
  private static final String SAME_BOOT =
      "UPDATE last_seen SET "
          + CHAINED
          + ", seen = CASE WHEN clock <= ? THEN ? ELSE seen END,"
          + " anchor = CASE WHEN clock <= ? THEN ? ELSE anchor END,"
          + " safe = CASE WHEN clock <= ? THEN ? ELSE safe END,"
          + " clock = CASE WHEN clock <= ? THEN ? ELSE clock END"
          + " WHERE ak_name = ? AND reset_count = ? AND restart_count = ?"
          + " AND (clock <= ? OR seen >= ? OR (seen >= ? AND clock <= ?))";
  private static final String OTHER_BOOT =
      "UPDATE last_seen SET "
          + CHAINED
          + ", clock = ?, reset_count = ?, restart_count = ?, safe = ?, seen = ?, anchor = ?"
          + " WHERE ak_name = ? AND leaf_index = ?";
  private static final BulkRevocation VOID = new BulkRevocation(StateReads.CHAIN, StateReads.LIVE);
  private static final String CUT =
      "UPDATE last_seen SET artifact = NULL, previous = NULL, ends = 0 WHERE ak_name = ?";

  private final Statements statements;

  LastSeenWrites(Statements statements) {
    this.statements = statements;
  }

  /** Records what was seen; why not, where what it was judged against is no longer so. */
  Optional<CommitOutcome> set(SetLastSeen change, long index) throws SQLException {
    return statements.make(row(change, index)) ? Optional.empty() : Optional.of(superseded(change));
  }

  /** Records what was seen; changes no row where what it was judged against is no longer so. */
  RowChange row(SetLastSeen change, long index) {
    return row(change, index, Optional.empty(), Instant.EPOCH);
  }

  static CommitOutcome superseded(SetLastSeen change) {
    return new Superseded(new CommitOutcome.LastSeenMoved(change.akName()));
  }

  /**
   * The same, with the artifact that it led to, where it did: then the host's row says where that stands
   * in the chain.
   */
  RowChange row(SetLastSeen change, long index, Optional<UuidV7> artifact, Instant expires) {
    byte[] host = change.akName().bytes();
    HostClock clock = change.clock();
    int safe = clock.safe() ? 1 : 0;
    long ticks = clock.column();
    Instant seen = change.seen();
    Object[] parameters;
    String sql;
    if (change.since() instanceof Since.SameBoot same) {
      long slack = same.slack().toMillis();
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
            change.anchor(),
            ticks,
            safe,
            ticks,
            ticks,
            host,
            clock.resetCount(),
            clock.restartCount(),
            ticks,
            same.challenged(),
            same.challenged().minus(same.slack()),
            ticks > Long.MAX_VALUE - slack ? Long.MAX_VALUE : ticks + slack
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
            change.anchor(),
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
            change.anchor(),
            index,
            artifact,
            expires
          };
    }
    return RowChange.of(sql, parameters);
  }

  /**
   * Revokes what the host has at {@code now}, with the bits, and cuts the chain: what was voided is not
   * looked at again.
   */
  void voidArtifacts(StateChange.VoidArtifacts change, Instant now) throws SQLException {
    byte[] host = change.akName().bytes();
    long from = change.fromIndex();
    VOID.make(statements, now, host, now, from, now, from, now);
    statements.update(CUT, host);
  }
}
