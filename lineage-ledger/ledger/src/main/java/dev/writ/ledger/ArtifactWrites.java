// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Refused;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.RecordOutcome;
import dev.writ.ledger.StateChange.RecordUse;
import dev.writ.ledger.StateChange.RevokeArtifact;
import dev.writ.ledger.StateChange.SetLastSeen;
import dev.writ.ledger.StateChange.VoidArtifactsBetween;
import dev.writ.ledger.StateChange.VoidScope;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Changes of artifacts and of what follows them, made as {@link StateWrites} says. */
final class ArtifactWrites {
  private static final String CHAINED =
      "INSERT INTO artifact (jti, leaf_index, expires, revoked, status, previous, ends)"
          + " SELECT ?, ?, ?, 0, ?, previous, ends FROM last_seen WHERE ak_name = ?"
          + " ON CONFLICT DO NOTHING";
  private static final String UNCHAINED =
      "INSERT INTO artifact (jti, leaf_index, expires, revoked, status)"
          + " SELECT ?, ?, ?, 0, ? WHERE true ON CONFLICT DO NOTHING";
  private static final String INDEX =
      "INSERT INTO status_index (number, leaf_index, expires, revoked, ak_name, subject)"
          + " SELECT ?, ?, ?, 0, ?, ? FROM status_block WHERE block = ? AND free_at >= ?"
          + " ON CONFLICT DO NOTHING";
  private static final String INDEX_TAKEN = "SELECT number FROM status_index WHERE number = ?";
  private static final String REVOKE =
      "UPDATE artifact SET revoked = 1 WHERE jti = ? AND revoked = 0"
          + " RETURNING leaf_index, status";
  private static final String REVOKE_INDEX =
      "UPDATE status_index SET revoked = 1 WHERE number = ? AND leaf_index = ?";
  private static final BulkRevocation VOID_BETWEEN =
      new BulkRevocation("", StateReads.LIVE_BETWEEN);
  private static final BulkRevocation VOID_PART_OF_HOST =
      new BulkRevocation("", ScopeReads.PART_OF_HOST);
  private static final BulkRevocation VOID_PART_OF_WORKLOAD =
      new BulkRevocation("", ScopeReads.PART_OF_WORKLOAD);
  private static final BulkRevocation VOID_PART_BETWEEN =
      new BulkRevocation("", ScopeReads.PART_BETWEEN);
  private static final BulkRevocation UNDER = new BulkRevocation("", DescentRows.CHILDREN);
  private static final String USE =
      "INSERT INTO artifact_use (jti, use_number, asked, leaf_index)"
          + " SELECT ?, used.n + 1, ?, ?"
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

  /**
   * What records an artifact. Its host's row says where it stands in the chain, and is changed before.
   */
  List<RowChange> rows(RecordArtifact artifact, long index) {
    List<RowChange> rows = new ArrayList<>();
    if (artifact.host().isPresent()) {
      SetLastSeen seen = artifact.host().get();
      rows.add(hosts.row(seen, index, Optional.of(artifact.jti()), artifact.expires()));
      rows.add(
          RowChange.of(
              CHAINED,
              artifact.jti(),
              index,
              artifact.expires(),
              artifact.status(),
              seen.akName().bytes()));
    } else {
      rows.add(
          RowChange.of(UNCHAINED, artifact.jti(), index, artifact.expires(), artifact.status()));
    }
    artifact
        .status()
        .ifPresent(
            status ->
                rows.add(
                    RowChange.of(
                        INDEX,
                        status,
                        index,
                        artifact.expires(),
                        artifact.host().map(seen -> seen.akName().bytes()),
                        artifact.subject(),
                        status.number() / StatusBlock.SIZE,
                        artifact.expires())));
    return rows;
  }

  Optional<CommitOutcome> record(RecordArtifact artifact, long index) throws SQLException {
    for (RowChange row : rows(artifact, index)) {
      if (!statements.make(row)) {
        return Optional.of(whyNot(artifact, row));
      }
    }
    return Optional.empty();
  }

  private CommitOutcome whyNot(RecordArtifact artifact, RowChange row) throws SQLException {
    return switch (row.sql()) {
      case CHAINED, UNCHAINED -> new Refused(artifact, Refusal.JTI_TAKEN);
      case INDEX ->
          new Refused(
              artifact,
              statements.any(INDEX_TAKEN, artifact.status().orElseThrow())
                  ? Refusal.STATUS_INDEX_TAKEN
                  : Refusal.STATUS_INDEX_NOT_RESERVED);
      default -> LastSeenWrites.superseded(artifact.host().orElseThrow());
    };
  }

  /** Where an artifact stands whose revocation is made. */
  private record Place(long leafIndex, OptionalLong status) {
    static Place read(ResultSet row) throws SQLException {
      return new Place(row.getLong(1), Statements.number(row, 2));
    }
  }

  /** Revokes one, whether it has ended or not, and with it all under it that have not. */
  Optional<Refusal> revoke(RevokeArtifact artifact, Instant now) throws SQLException {
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
    UNDER.make(statements, now, artifact.jti());
    return Optional.empty();
  }

  /** Revokes what was decided between two leaves and has neither ended at {@code now} nor been revoked. */
  void voidBetween(VoidArtifactsBetween change, Instant now) throws SQLException {
    VOID_BETWEEN.make(statements, now, change.fromIndex(), change.beforeIndex(), now);
  }

  /** Revokes what a scope has at {@code now}, as far as it ends between two times. */
  void voidPart(VoidScope change, Instant now) throws SQLException {
    if (change.scope() instanceof ArtifactScope.OfHost host) {
      VOID_PART_OF_HOST.make(
          statements, now, host.akName().bytes(), change.fromEnd(), change.beforeEnd());
    } else if (change.scope() instanceof ArtifactScope.OfWorkload workload) {
      VOID_PART_OF_WORKLOAD.make(
          statements,
          now,
          workload.beforeIndex(),
          workload.subject(),
          change.fromEnd(),
          change.beforeEnd());
    } else {
      ArtifactScope.Between between = (ArtifactScope.Between) change.scope();
      VOID_PART_BETWEEN.make(
          statements,
          now,
          between.fromIndex(),
          between.beforeIndex(),
          change.fromEnd(),
          change.beforeEnd());
    }
  }

  /** Whether there was a use left. */
  boolean use(RecordUse use, long index) throws SQLException {
    return statements.any(USE, use.jti(), use.asked(), index, use.jti(), use.maxUses());
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
