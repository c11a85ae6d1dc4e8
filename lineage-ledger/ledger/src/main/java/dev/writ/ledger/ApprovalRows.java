// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.CommitOutcome.ApprovalGone;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.StateChange.RecordApproval;
import dev.writ.ledger.StateChange.UseApproval;
import dev.writ.tlog.Hash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Approvals of requests, read and changed. */
final class ApprovalRows {
  private static final String OPEN =
      " FROM request_approval WHERE request_digest = ? AND policy_digest = ? AND expires > ?"
          + " AND used_by IS NULL";

  // Not the leaf's time alone: a clock that was set back would let ended approvals live.
  private static final String USE =
      "UPDATE request_approval SET used_by = ? WHERE statement = ? AND request_digest = ?"
          + " AND policy_digest = ? AND used_by IS NULL AND expires > ?"
          + " AND expires > (SELECT COALESCE(newest_time, 0) FROM tree_head WHERE id = 1)";
  private static final String RECORD =
      "INSERT INTO request_approval"
          + " (statement, request_digest, policy_digest, approver, expires, leaf_index, used_by)"
          + " SELECT ?, ?, ?, ?, ?, ?, NULL WHERE NOT EXISTS (SELECT 1"
          + OPEN
          + " AND approver = ?) AND (SELECT COUNT(*)"
          + OPEN
          + ") < "
          + RecordedApproval.MAX_OPEN
          + " ON CONFLICT DO NOTHING RETURNING leaf_index";
  private static final String ROWS =
      "SELECT statement, request_digest, policy_digest, approver, expires, leaf_index, used_by";
  private static final String ALL_OPEN = ROWS + OPEN + " ORDER BY leaf_index";
  private static final String BEFORE =
      ROWS
          + " FROM request_approval WHERE request_digest = ? AND policy_digest = ? AND expires > ?"
          + " AND leaf_index < ? ORDER BY leaf_index";
  private static final String ONE = ROWS + " FROM request_approval WHERE statement = ?";

  private final Statements statements;

  ApprovalRows(Statements statements) {
    this.statements = statements;
  }

  Optional<Refusal> record(RecordApproval approval, long index, Instant time) throws SQLException {
    if (!time.isBefore(approval.expires())) {
      return Optional.of(Refusal.APPROVAL_EXPIRED);
    }
    Hash request = approval.request();
    Hash policy = approval.policy();
    if (statements.any(
        RECORD,
        approval.statement(),
        request,
        policy,
        approval.approver(),
        approval.expires(),
        index,
        request,
        policy,
        time,
        approval.approver(),
        request,
        policy,
        time)) {
      return Optional.empty();
    }
    if (statements.first(ApprovalRows::row, ONE, approval.statement()).isPresent()) {
      return Optional.of(Refusal.APPROVAL_TAKEN);
    }
    boolean own =
        open(request, policy, time).stream()
            .anyMatch(each -> each.approver().equals(approval.approver()));
    return Optional.of(own ? Refusal.APPROVAL_HOLDS : Refusal.APPROVALS_TOO_MANY);
  }

  /** Why it cannot be used: to the decision that rests on it, it is not there any more. */
  Optional<CommitOutcome> use(UseApproval used, long index, Instant time) throws SQLException {
    return statements.update(USE, index, used.statement(), used.request(), used.policy(), time) == 1
        ? Optional.empty()
        : Optional.of(new CommitOutcome.Superseded(new ApprovalGone(used.statement())));
  }

  List<RecordedApproval> open(Hash request, Hash policy, Instant at) throws SQLException {
    return statements.all(ApprovalRows::row, ALL_OPEN, request, policy, at);
  }

  List<RecordedApproval> before(Hash request, Hash policy, Instant at, long leafIndex)
      throws SQLException {
    return statements.all(ApprovalRows::row, BEFORE, request, policy, at, leafIndex);
  }

  Optional<RecordedApproval> approval(Hash statement) throws SQLException {
    return statements.first(ApprovalRows::row, ONE, statement);
  }

  private static RecordedApproval row(ResultSet row) throws SQLException {
    return new RecordedApproval(
        Statements.hash(row, 1),
        Statements.hash(row, 2),
        Statements.hash(row, 3),
        Statements.hash(row, 4),
        Statements.time(row, 5),
        row.getLong(6),
        Statements.number(row, 7));
  }
}
