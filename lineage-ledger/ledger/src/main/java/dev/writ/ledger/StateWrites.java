// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.CommitOutcome.Refused;
import dev.writ.ledger.CommitOutcome.Replayed;
import dev.writ.ledger.StateChange.AcceptClock;
import dev.writ.ledger.StateChange.AddInvitation;
import dev.writ.ledger.StateChange.ApproveOperation;
import dev.writ.ledger.StateChange.ChangeGovernance;
import dev.writ.ledger.StateChange.ConsumeNonce;
import dev.writ.ledger.StateChange.EndOperation;
import dev.writ.ledger.StateChange.KeepBootLog;
import dev.writ.ledger.StateChange.ProposeOperation;
import dev.writ.ledger.StateChange.PublishTrust;
import dev.writ.ledger.StateChange.PutTrustInForce;
import dev.writ.ledger.StateChange.RecordApproval;
import dev.writ.ledger.StateChange.RecordArtifact;
import dev.writ.ledger.StateChange.RecordDescent;
import dev.writ.ledger.StateChange.RecordOutcome;
import dev.writ.ledger.StateChange.RecordStart;
import dev.writ.ledger.StateChange.RecordUse;
import dev.writ.ledger.StateChange.RedeemInvitation;
import dev.writ.ledger.StateChange.RegisterHost;
import dev.writ.ledger.StateChange.RegisterInstanceKey;
import dev.writ.ledger.StateChange.RevokeArtifact;
import dev.writ.ledger.StateChange.SetEpoch;
import dev.writ.ledger.StateChange.SetHostState;
import dev.writ.ledger.StateChange.SetKey;
import dev.writ.ledger.StateChange.SetLastSeen;
import dev.writ.ledger.StateChange.SetMeasuredList;
import dev.writ.ledger.StateChange.UseApproval;
import dev.writ.ledger.StateChange.VoidArtifacts;
import dev.writ.ledger.StateChange.VoidArtifactsBetween;
import dev.writ.ledger.StateChange.WithdrawOperation;
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
      "INSERT INTO nonce (nonce, expires) SELECT ?, ? WHERE true ON CONFLICT DO NOTHING";
  private static final String HOST =
      "INSERT INTO host (ak_name, ek_digest, name, ak_public, state, leaf_index)"
          + " VALUES (?, ?, ?, ?, 'ACTIVE', ?) ON CONFLICT DO NOTHING RETURNING leaf_index";
  private static final String HOST_STATE =
      "UPDATE host SET state = ? WHERE ak_name = ? AND state NOT IN ('REVOKED', ?)";
  private static final String INSTANCE_KEY =
      "INSERT INTO instance_key (ak_name, key_name, jkt, leaf_index) VALUES (?, ?, ?, ?)"
          + " ON CONFLICT DO NOTHING RETURNING leaf_index";
  private static final String MEASURED_LIST =
      "INSERT INTO measured_list (ak_name, boot, judged_by, position, leaf_index)"
          + " SELECT ak_name, ?, ?, ?, ? FROM host WHERE ak_name = ?"
          + " ON CONFLICT (ak_name) DO UPDATE SET boot = excluded.boot,"
          + " judged_by = excluded.judged_by, position = excluded.position,"
          + " leaf_index = excluded.leaf_index RETURNING leaf_index";
  private static final String START = "INSERT INTO service_start (leaf_index) VALUES (?)";
  private static final String EPOCH =
      "INSERT INTO policy_epoch (epoch, policy_digest, min_epoch, leaf_index)"
          + " SELECT ?, ?, CASE WHEN ? = 1 THEN ? ELSE newest.min_epoch END, ? FROM"
          + " (SELECT COALESCE(MAX(epoch), 0) AS epoch, COALESCE(MAX(min_epoch), 1) AS min_epoch"
          + " FROM policy_epoch) AS newest"
          + " WHERE newest.epoch = ? - 1 ON CONFLICT DO NOTHING RETURNING epoch";
  private static final String PURGE =
      "DELETE FROM nonce WHERE nonce IN"
          + " (SELECT nonce FROM nonce WHERE expires < ? ORDER BY expires LIMIT ?)"
          + " RETURNING expires";
  private static final String RAISE_HORIZON =
      "UPDATE tree_head SET nonce_horizon = ? WHERE id = 1 AND nonce_horizon < ?";

  private final Statements statements;
  private final StateReads reads;
  private final LastSeenWrites hosts;
  private final ArtifactWrites artifacts;
  private final InvitationWrites invitations;
  private final BootLogs bootLogs;
  private final KeyWrites keys;
  private final TreeWrites tree;
  private final OperationWrites operations;
  private final ApprovalRows approvals;
  private final DescentRows descents;
  private final TrustFiles trustFiles;
  private final PayloadRows payloads;
  private final GovernanceRows governance;

  StateWrites(Statements statements) {
    this.statements = statements;
    this.reads = new StateReads(statements);
    this.hosts = new LastSeenWrites(statements);
    this.artifacts = new ArtifactWrites(statements, hosts);
    this.invitations = new InvitationWrites(statements);
    this.bootLogs = new BootLogs(statements);
    this.keys = new KeyWrites(statements);
    this.tree = new TreeWrites(statements);
    this.operations = new OperationWrites(statements);
    this.approvals = new ApprovalRows(statements);
    this.descents = new DescentRows(statements);
    this.trustFiles = new TrustFiles(statements);
    this.payloads = new PayloadRows(statements);
    this.governance = new GovernanceRows(statements);
  }

  /**
   * The rows of a change that is made by nothing else, in their order.
   *
   * @return empty for any other change, and for one that is not possible
   */
  Optional<List<RowChange>> rows(StateChange change, long index, Instant horizon) {
    if (change instanceof ConsumeNonce nonce && !mayBePurged(nonce, horizon)) {
      return Optional.of(List.of(row(nonce)));
    }
    if (change instanceof SetLastSeen seen) {
      return Optional.of(List.of(hosts.row(seen, index)));
    }
    return change instanceof RecordArtifact artifact
        ? Optional.of(artifacts.rows(artifact, index))
        : Optional.empty();
  }

  /**
   * Makes a change for the entry at {@code index}.
   *
   * @param time of the entry's leaf
   * @param now by the ledger's clock
   * @param horizon what expired before it cannot be taken any more
   * @return why it could not be made; empty if it was
   */
  Optional<CommitOutcome> make(
      StateChange change, long index, Instant time, Instant now, Instant horizon)
      throws SQLException {
    if (change instanceof ConsumeNonce nonce) {
      return consume(nonce, horizon);
    }
    if (change instanceof RecordUse use) {
      return artifacts.use(use, index) ? Optional.empty() : Optional.of(new Replayed(use));
    }
    if (change instanceof RecordArtifact artifact) {
      return artifacts.record(artifact, index);
    }
    if (change instanceof SetLastSeen seen) {
      return hosts.set(seen, index);
    }
    if (change instanceof RecordDescent descent) {
      return descents.record(descent, index);
    }
    if (change instanceof UseApproval used) {
      return approvals.use(used, index, time);
    }
    Optional<Refusal> refusal;
    if (change instanceof RevokeArtifact artifact) {
      refusal = artifacts.revoke(artifact, now);
    } else if (change instanceof RecordOutcome outcome) {
      refusal = artifacts.record(outcome, index);
    } else if (change instanceof AddInvitation invitation) {
      refusal = invitations.add(invitation, index);
    } else if (change instanceof RedeemInvitation invitation) {
      refusal = invitations.redeem(invitation, index, time);
    } else if (change instanceof RegisterHost host) {
      refusal = register(host, index);
    } else if (change instanceof SetHostState host) {
      refusal = setState(host, time);
    } else if (change instanceof RegisterInstanceKey key) {
      refusal = register(key, index);
    } else if (change instanceof SetMeasuredList list) {
      refusal = set(list, index);
    } else if (change instanceof VoidArtifacts host) {
      hosts.voidArtifacts(host, now);
      refusal = Optional.empty();
    } else if (change instanceof KeepBootLog log) {
      bootLogs.keep(log, index);
      refusal = Optional.empty();
    } else if (change instanceof SetKey key) {
      refusal = keys.set(key, index);
    } else if (change instanceof SetEpoch epoch) {
      refusal = set(epoch, index);
    } else if (change instanceof VoidArtifactsBetween between) {
      artifacts.voidBetween(between, now);
      refusal = Optional.empty();
    } else if (change instanceof StateChange.VoidScope some) {
      artifacts.voidPart(some, now);
      refusal = Optional.empty();
    } else if (change instanceof ProposeOperation operation) {
      refusal = operations.propose(operation, index, time);
    } else if (change instanceof ApproveOperation approval) {
      refusal = operations.approve(approval, index, time);
    } else if (change instanceof EndOperation end) {
      refusal = operations.end(end);
    } else if (change instanceof WithdrawOperation withdrawn) {
      refusal = operations.withdraw(withdrawn, time);
    } else if (change instanceof RecordApproval approval) {
      refusal = approvals.record(approval, index, time);
    } else if (change instanceof AcceptClock clock) {
      refusal =
          tree.lowerNewestTime(clock.newest(), time)
              ? Optional.empty()
              : Optional.of(Refusal.TIME_NOT_NEWEST);
    } else if (change instanceof PublishTrust trust) {
      refusal = trustFiles.publish(trust, index);
    } else if (change instanceof PutTrustInForce trust) {
      refusal = trustFiles.putInForce(trust, index);
    } else if (change instanceof ChangeGovernance govern) {
      refusal = governance.make(govern.change(), index, time);
    } else if (change instanceof RecordStart) {
      payloads.startFollowed(time);
      statements.update(START, index);
      refusal = Optional.empty();
    } else {
      throw new IllegalStateException("bug: no table takes a " + change.getClass());
    }
    return refusal.map(why -> new Refused(change, why));
  }

  /**
   * Whether a change that was made can stay, now that all others of its entry are made.
   *
   * @return why it cannot; empty if it can
   */
  Optional<CommitOutcome> standing(StateChange change) throws SQLException {
    return change instanceof SetKey key
        ? keys.alone(key).map(why -> new Refused(key, why))
        : Optional.empty();
  }

  private Optional<CommitOutcome> consume(ConsumeNonce nonce, Instant horizon) throws SQLException {
    return !mayBePurged(nonce, horizon) && statements.make(row(nonce))
        ? Optional.empty()
        : Optional.of(new Replayed(nonce));
  }

  private static boolean mayBePurged(ConsumeNonce nonce, Instant horizon) {
    return nonce.expires().isBefore(horizon);
  }

  private static RowChange row(ConsumeNonce nonce) {
    return RowChange.of(NONCE, nonce.nonce(), nonce.expires());
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

  private Optional<Refusal> setState(SetHostState host, Instant time) throws SQLException {
    if (statements.update(HOST_STATE, host.state(), host.akName().bytes(), host.state()) == 1) {
      if (host.state() == HostState.REVOKED) {
        payloads.hostEnded(host.akName().bytes(), time);
      }
      return Optional.empty();
    }
    return reads
        .host(host.akName())
        .map(
            held ->
                held.state() == HostState.REVOKED ? Refusal.HOST_REVOKED : Refusal.HOST_STATE_HELD)
        .or(() -> Optional.of(Refusal.HOST_UNKNOWN));
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

  private Optional<Refusal> set(SetMeasuredList list, long index) throws SQLException {
    boolean made =
        statements.any(
            MEASURED_LIST,
            list.boot(),
            list.judgedBy(),
            list.position(),
            index,
            list.akName().bytes());
    return refuseUnless(made, Refusal.HOST_UNKNOWN);
  }

  private Optional<Refusal> set(SetEpoch next, long index) throws SQLException {
    boolean made =
        statements.any(
            EPOCH,
            next.epoch(),
            next.policyDigest(),
            next.raisesMinimum() ? 1 : 0,
            next.epoch(),
            index,
            next.epoch());
    return refuseUnless(made, Refusal.EPOCH_NOT_NEXT);
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
