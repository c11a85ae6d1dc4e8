// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.KeyState;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Refused;
import dev.writ.ledger.CommitOutcome.Replayed;
import dev.writ.ledger.StateChange.ConsumeNonce;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.RecordUse;
import dev.writ.ledger.StateChange.RegisterHost;
import dev.writ.ledger.StateChange.RegisterInstanceKey;
import dev.writ.ledger.StateChange.RevokeArtifact;
import dev.writ.ledger.StateChange.SetEpoch;
import dev.writ.ledger.StateChange.SetHostState;
import dev.writ.ledger.StateChange.SetKey;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Makes state changes inside the writer's transaction. Whether one is possible is judged by the
 * statement that makes it, never by a look beforehand; what was in its way is read afterwards, only to
 * name it.
 */
final class StateWrites {
  private static final String NONCE =
      "INSERT INTO nonce (nonce, expires) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING expires";
  private static final String USE =
      "INSERT INTO artifact_use (jti, use_number, leaf_index)"
          + " SELECT ?, used.n + 1, ?"
          + " FROM (SELECT COALESCE(MAX(use_number), 0) AS n FROM artifact_use WHERE jti = ?) AS used"
          + " WHERE used.n < ? ON CONFLICT DO NOTHING RETURNING use_number";
  private static final String ARTIFACT =
      "INSERT INTO artifact (jti, leaf_index, expires, revoked) VALUES (?, ?, ?, 0)"
          + " ON CONFLICT DO NOTHING RETURNING leaf_index";
  private static final String REVOKE_ARTIFACT = "UPDATE artifact SET revoked = 1 WHERE jti = ?";
  private static final String HOST =
      "INSERT INTO host (ak_name, ek_digest, name, ak_public, state, leaf_index)"
          + " VALUES (?, ?, ?, ?, 'ACTIVE', ?) ON CONFLICT DO NOTHING RETURNING leaf_index";
  private static final String HOST_STATE =
      "UPDATE host SET state = ? WHERE ak_name = ? AND state <> 'REVOKED'";
  private static final String INSTANCE_KEY =
      "INSERT INTO instance_key (ak_name, key_name, jkt, leaf_index) VALUES (?, ?, ?, ?)"
          + " ON CONFLICT DO NOTHING RETURNING leaf_index";
  private static final String KEY =
      "INSERT INTO signing_key (kid, role, state, not_before, not_after, leaf_index)"
          + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kid) DO UPDATE SET"
          + " state = excluded.state, not_before = excluded.not_before,"
          + " not_after = excluded.not_after, leaf_index = excluded.leaf_index"
          + " WHERE signing_key.role = excluded.role AND signing_key.state <> 'COMPROMISED'"
          + " RETURNING leaf_index";
  private static final String EPOCH =
      "INSERT INTO policy_epoch (epoch, policy_digest, leaf_index) SELECT ?, ?, ?"
          + " WHERE ? = (SELECT COALESCE(MAX(epoch), 0) + 1 FROM policy_epoch)"
          + " ON CONFLICT DO NOTHING RETURNING epoch";
  private static final String PURGE =
      "DELETE FROM nonce WHERE nonce IN"
          + " (SELECT nonce FROM nonce WHERE expires < ? ORDER BY expires LIMIT ?)"
          + " RETURNING expires";
  private static final String RAISE_HORIZON =
      "UPDATE tree_head SET nonce_horizon = ? WHERE id = 1 AND nonce_horizon < ?";

  private final Statements statements;
  private final StateReads reads;

  StateWrites(Statements statements) {
    this.statements = statements;
    this.reads = new StateReads(statements);
  }

  /**
   * Makes a change for the entry at {@code index}.
   *
   * @param horizon what expired before it cannot be taken any more
   * @return why it could not be made; empty if it was
   */
  Optional<CommitOutcome> make(StateChange change, long index, Instant horizon)
      throws SQLException {
    if (change instanceof ConsumeNonce nonce) {
      return consume(nonce, horizon);
    }
    if (change instanceof RecordUse use) {
      return statements.any(USE, use.jti(), index, use.jti(), use.maxUses())
          ? Optional.empty()
          : Optional.of(new Replayed(use));
    }
    Optional<Refusal> refusal;
    if (change instanceof RecordArtifact artifact) {
      refusal =
          refuseUnless(
              statements.any(ARTIFACT, artifact.jti(), index, artifact.expires()),
              Refusal.JTI_TAKEN);
    } else if (change instanceof RevokeArtifact artifact) {
      refusal =
          refuseUnless(
              statements.update(REVOKE_ARTIFACT, artifact.jti()) == 1, Refusal.ARTIFACT_UNKNOWN);
    } else if (change instanceof RegisterHost host) {
      refusal = register(host, index);
    } else if (change instanceof SetHostState host) {
      refusal = setState(host);
    } else if (change instanceof RegisterInstanceKey key) {
      refusal = register(key, index);
    } else if (change instanceof SetKey key) {
      refusal = set(key, index);
    } else if (change instanceof SetEpoch epoch) {
      refusal =
          refuseUnless(
              statements.any(EPOCH, epoch.epoch(), epoch.policyDigest(), index, epoch.epoch()),
              Refusal.EPOCH_NOT_NEXT);
    } else {
      throw new IllegalStateException("bug: no table takes a " + change.getClass());
    }
    return refusal.map(why -> new Refused(change, why));
  }

  private Optional<CommitOutcome> consume(ConsumeNonce nonce, Instant horizon) throws SQLException {
    boolean mayBePurged = nonce.expires().isBefore(horizon);
    return !mayBePurged && statements.any(NONCE, nonce.nonce(), nonce.expires())
        ? Optional.empty()
        : Optional.of(new Replayed(nonce));
  }

  private Optional<Refusal> register(RegisterHost host, long index) throws SQLException {
    if (statements.any(
        HOST, host.akName().bytes(), host.ekDigest(), host.name(), host.akPublic(), index)) {
      return Optional.empty();
    }
    if (reads.host(host.akName()).isPresent()) {
      return Optional.of(Refusal.AK_NAME_TAKEN);
    }
    return Optional.of(
        reads.hostByEk(host.ekDigest()).isPresent() ? Refusal.EK_TAKEN : Refusal.HOST_NAME_TAKEN);
  }

  private Optional<Refusal> setState(SetHostState host) throws SQLException {
    if (statements.update(HOST_STATE, host.state(), host.akName().bytes()) == 1) {
      return Optional.empty();
    }
    return Optional.of(
        reads.host(host.akName()).isPresent() ? Refusal.HOST_REVOKED : Refusal.HOST_UNKNOWN);
  }

  private Optional<Refusal> register(RegisterInstanceKey key, long index) throws SQLException {
    if (statements.any(INSTANCE_KEY, key.akName().bytes(), key.keyName(), key.jkt(), index)) {
      return Optional.empty();
    }
    boolean same =
        reads
            .instanceKey(key.akName(), key.keyName())
            .filter(known -> known.jkt().equals(key.jkt()))
            .isPresent();
    return refuseUnless(same, Refusal.INSTANCE_KEY_TAKEN);
  }

  private Optional<Refusal> set(SetKey key, long index) throws SQLException {
    if (statements.any(
        KEY, key.kid(), key.role(), key.state(), key.notBefore(), key.notAfter(), index)) {
      return Optional.empty();
    }
    boolean compromised =
        reads.key(key.kid()).filter(known -> known.state() == KeyState.COMPROMISED).isPresent();
    return Optional.of(compromised ? Refusal.KEY_COMPROMISED : Refusal.KEY_ROLE_FIXED);
  }

  private static Optional<Refusal> refuseUnless(boolean made, Refusal why) {
    return made ? Optional.empty() : Optional.of(why);
  }

  /**
   * Purges at most {@code limit} nonces that expired before {@code before}, oldest first, and raises
   * the horizon past them: a purged nonce stays refused whatever the clock does afterwards.
   *
   * @return how many went
   */
  int purgeNonces(Instant before, int limit) throws SQLException {
    List<Long> purged = statements.all(row -> row.getLong(1), PURGE, before, limit);
    if (!purged.isEmpty()) {
      long horizon = purged.stream().mapToLong(Long::longValue).max().orElseThrow() + 1;
      statements.update(RAISE_HORIZON, horizon, horizon);
    }
    return purged.size();
  }
}
