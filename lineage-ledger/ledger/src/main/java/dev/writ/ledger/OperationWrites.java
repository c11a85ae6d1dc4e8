// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.StateChange.ApproveOperation;
import dev.writ.ledger.StateChange.EndOperation;
import dev.writ.ledger.StateChange.ProposeOperation;
import dev.writ.tlog.Hash;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/** Changes of operations, made as {@link StateWrites} says. */
final class OperationWrites {
  private static final String PROPOSE =
      "INSERT INTO operation (digest, subject, proposer, expires, ended, leaf_index, document)"
          + " VALUES (?, ?, ?, ?, NULL, ?, ?) ON CONFLICT DO NOTHING RETURNING leaf_index";
  private static final String APPROVE =
      "INSERT INTO operation_approval (operation, approver, statement, leaf_index)"
          + " SELECT digest, ?, ?, ? FROM operation WHERE digest = ? AND ended IS NULL"
          + " AND expires > ? AND (proposer IS NULL OR proposer <> ?)"
          + " ON CONFLICT DO NOTHING RETURNING leaf_index";
  private static final String END =
      "UPDATE operation SET ended = ? WHERE digest = ? AND ended IS NULL";

  private final Statements statements;
  private final OperationReads reads;

  OperationWrites(Statements statements) {
    this.statements = statements;
    this.reads = new OperationReads(statements);
  }

  Optional<Refusal> propose(ProposeOperation proposed, long index, Instant time)
      throws SQLException {
    if (!time.isBefore(proposed.expires())) {
      return Optional.of(Refusal.OPERATION_EXPIRED);
    }
    if (statements.any(
        PROPOSE,
        proposed.operation(),
        proposed.subject(),
        proposed.proposer(),
        proposed.expires(),
        index,
        proposed.document())) {
      return Optional.empty();
    }
    boolean known = reads.terms(proposed.operation()).isPresent();
    return Optional.of(known ? Refusal.OPERATION_TAKEN : Refusal.OPERATION_SUBJECT_BUSY);
  }

  Optional<Refusal> approve(ApproveOperation approval, long index, Instant time)
      throws SQLException {
    if (statements.any(
        APPROVE,
        approval.approver(),
        approval.statement(),
        index,
        approval.operation(),
        time,
        approval.approver())) {
      return Optional.empty();
    }
    Optional<OperationReads.Terms> known = reads.terms(approval.operation());
    if (known.isEmpty()) {
      return Optional.of(Refusal.OPERATION_UNKNOWN);
    }
    OperationReads.Terms terms = known.get();
    if (terms.end().isPresent()) {
      return Optional.of(Refusal.OPERATION_ENDED);
    }
    if (!time.isBefore(terms.expires())) {
      return Optional.of(Refusal.OPERATION_EXPIRED);
    }
    boolean own = terms.proposer().equals(Optional.of(approval.approver()));
    return Optional.of(own ? Refusal.APPROVER_IS_PROPOSER : Refusal.ALREADY_APPROVED);
  }

  Optional<Refusal> end(EndOperation end) throws SQLException {
    Hash operation = end.operation();
    if (statements.update(END, end.end(), operation) == 1) {
      return Optional.empty();
    }
    boolean known = reads.terms(operation).isPresent();
    return Optional.of(known ? Refusal.OPERATION_ENDED : Refusal.OPERATION_UNKNOWN);
  }
}
