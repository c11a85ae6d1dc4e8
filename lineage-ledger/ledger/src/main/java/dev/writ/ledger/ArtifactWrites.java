// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Refused;
import dev.writ.ledger.LastSeenWrites.Link;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.RecordOutcome;
import dev.writ.ledger.StateChange.RecordUse;
import dev.writ.ledger.StateChange.RevokeArtifact;
import dev.writ.ledger.StateChange.SetLastSeen;
import dev.writ.ledger.StateChange.VoidArtifactsBetween;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/** Changes of artifacts and of what follows them, made as {@link StateWrites} says. */
final class ArtifactWrites {
  private static final String ARTIFACT =
      "INSERT INTO artifact (jti, leaf_index, expires, revoked, status, previous, ends)"
          + " VALUES (?, ?, ?, 0, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING leaf_index";
  private static final String INDEX =
      "INSERT INTO status_index (number, leaf_index, expires, revoked)"
          + " SELECT ?, ?, ?, 0 FROM status_block WHERE block = ? AND free_at >= ?"
          + " ON CONFLICT DO NOTHING RETURNING number";
  private static final String INDEX_TAKEN = "SELECT number FROM status_index WHERE number = ?";
  private static final String REVOKE =
      "UPDATE artifact SET revoked = 1 WHERE jti = ? AND revoked = 0"
          + " RETURNING leaf_index, status";
  private static final String REVOKE_INDEX =
      "UPDATE status_index SET revoked = 1 WHERE number = ? AND leaf_index = ?";
  private static final BulkRevocation VOID_BETWEEN =
      new BulkRevocation("", StateReads.LIVE_BETWEEN);
  private static final String USE =
      "INSERT INTO artifact_use (jti, use_number, leaf_index)"
          + " SELECT ?, used.n + 1, ?"
          + " FROM (SELECT COALESCE(MAX(use_number), 0) AS n FROM artifact_use WHERE jti = ?) AS used"
          + " WHERE used.n < ? ON CONFLICT DO NOTHING RETURNING use_number";
  private static final String OUTCOME =
      "INSERT INTO outcome"
          + " (jti, reporter_kid, statement_digest, report_number, state, leaf_index)"
          + " SELECT artifact.jti, ?, ?, made.n + 1, ?, ?"
          + " FROM artifact, (SELECT COALESCE(MAX(report_number), 0) AS n FROM outcome"
          + " WHERE jti = ? AND reporter_kid = ?) AS made"
          + " WHERE artifact.jti = ? AND made.n < ?"
          + " ON CONFLICT DO NOTHING RETURNING report_number";

  private final Statements statements;
  private final StateReads reads;
  private final LastSeenWrites hosts;

  ArtifactWrites(Statements statements, LastSeenWrites hosts) {
    this.statements = statements;
    this.reads = new StateReads(statements);
    this.hosts = hosts;
  }

  Optional<CommitOutcome> record(RecordArtifact artifact, long index) throws SQLException {
    Optional<Link> link = Optional.empty();
    if (artifact.host().isPresent()) {
      SetLastSeen seen = artifact.host().get();
      link = hosts.link(seen, index, Optional.of(artifact.jti()), artifact.expires());
      if (link.isEmpty()) {
        return Optional.of(LastSeenWrites.superseded(seen));
      }
    }
    return record(artifact, link, index).map(why -> new Refused(artifact, why));
  }

  private Optional<Refusal> record(RecordArtifact artifact, Optional<Link> link, long index)
      throws SQLException {
    if (!statements.any(
        ARTIFACT,
        artifact.jti(),
        index,
        artifact.expires(),
        artifact.status(),
        link.flatMap(Link::previous),
        link.map(Link::ends))) {
      return Optional.of(Refusal.JTI_TAKEN);
    }
    if (artifact.status().isEmpty()) {
      return Optional.empty();
    }
    long number = artifact.status().get().number();
    long block = number / StatusBlock.SIZE;
    if (statements.any(INDEX, number, index, artifact.expires(), block, artifact.expires())) {
      return Optional.empty();
    }
    return Optional.of(
        statements.any(INDEX_TAKEN, number)
            ? Refusal.STATUS_INDEX_TAKEN
            : Refusal.STATUS_INDEX_NOT_RESERVED);
  }

  /** Where an artifact stands whose revocation is made. */
  private record Place(long leafIndex, OptionalLong status) {
    static Place read(ResultSet row) throws SQLException {
      return new Place(row.getLong(1), Statements.number(row, 2));
    }
  }

  Optional<Refusal> revoke(RevokeArtifact artifact) throws SQLException {
    Optional<Place> place = statements.first(Place::read, REVOKE, artifact.jti());
    if (place.isEmpty()) {
      boolean known = reads.artifact(artifact.jti()).isPresent();
      return Optional.of(known ? Refusal.ALREADY_REVOKED : Refusal.ARTIFACT_UNKNOWN);
    }
    OptionalLong status = place.get().status();
    if (status.isPresent()) {
      // No row of this leaf: its block was reserved again, and the bit is another artifact's.
      statements.update(REVOKE_INDEX, status.getAsLong(), place.get().leafIndex());
    }
    return Optional.empty();
  }

  /** Revokes what was decided between two leaves and has neither ended at {@code now} nor been revoked. */
  void voidBetween(VoidArtifactsBetween change, Instant now) throws SQLException {
    VOID_BETWEEN.make(statements, change.fromIndex(), change.beforeIndex(), now);
  }

  /** Whether there was a use left. */
  boolean use(RecordUse use, long index) throws SQLException {
    return statements.any(USE, use.jti(), index, use.jti(), use.maxUses());
  }

  Optional<Refusal> record(RecordOutcome outcome, long index) throws SQLException {
    if (statements.any(
        OUTCOME,
        outcome.reporterKid(),
        outcome.statementDigest(),
        outcome.state(),
        index,
        outcome.jti(),
        outcome.reporterKid(),
        outcome.jti(),
        outcome.maxReports())) {
      return Optional.empty();
    }
    boolean known = reads.artifact(outcome.jti()).isPresent();
    return Optional.of(known ? Refusal.OUTCOME_TAKEN : Refusal.ARTIFACT_UNKNOWN);
  }
}
