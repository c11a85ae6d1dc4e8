// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.StateChange.ApproveOperation;
import dev.writ.ledger.StateChange.EndOperation;
import dev.writ.ledger.StateChange.ProposeOperation;
import dev.writ.ledger.StateChange.WithdrawOperation;
import dev.writ.tlog.Hash;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
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
  private static final String WITHDRAW =
      "UPDATE operation SET ended = ? WHERE digest = ? AND ended IS NULL AND expires > ?"
          + " AND (SELECT count(*) FROM operation_approval WHERE operation = digest) < ?";

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
    Optional<Refusal> tooMany = tooMany(proposed);
    if (tooMany.isPresent()) {
      return tooMany;
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

  /** One that was proposed before is told so, also where no other could be. */
  private Optional<Refusal> tooMany(ProposeOperation proposed) throws SQLException {
    List<Optional<Hash>> open = reads.openProposers();
    Refusal why;
    if (open.size() >= OperationRecord.MAX_OPEN) {
      why = Refusal.OPERATIONS_TOO_MANY;
    } else if (open.stream().filter(proposed.proposer()::equals).count()
        >= OperationRecord.MAX_OPEN_OF_PROPOSER) {
      why = Refusal.OPERATIONS_TOO_MANY_OF_PROPOSER;
    } else {
      return Optional.empty();
    }
    return reads.terms(proposed.operation()).isPresent()
        ? Optional.of(Refusal.OPERATION_TAKEN)
        : Optional.of(why);
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
    boolean own =
        known.flatMap(OperationReads.Terms::proposer).equals(Optional.of(approval.approver()));
    return Optional.of(
        closed(known, time).orElse(own ? Refusal.APPROVER_IS_PROPOSER : Refusal.ALREADY_APPROVED));
  }

  /** Why nothing can be done with an operation that is to be open; nothing if it is. */
  private static Optional<Refusal> closed(Optional<OperationReads.Terms> known, Instant time) {
    if (known.isEmpty()) {
      return Optional.of(Refusal.OPERATION_UNKNOWN);
    }
    if (known.get().end().isPresent()) {
      return Optional.of(Refusal.OPERATION_ENDED);
    }
    return time.isBefore(known.get().expires())
        ? Optional.empty()
        : Optional.of(Refusal.OPERATION_EXPIRED);
  }

  Optional<Refusal> withdraw(WithdrawOperation withdrawn, Instant time) throws SQLException {
    Hash operation = withdrawn.operation();
    if (statements.update(WITHDRAW, OperationEnd.WITHDRAWN, operation, time, withdrawn.threshold())
        == 1) {
      return Optional.empty();
    }
    return Optional.of(closed(reads.terms(operation), time).orElse(Refusal.OPERATION_APPROVED));
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
