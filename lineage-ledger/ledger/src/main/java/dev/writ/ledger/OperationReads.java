// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads of operations, inside the writer's transaction and beside it. An operation is read before its
 * approvals: what is read was so at one moment, for none is approved once it has ended.
 */
final class OperationReads {
  private static final String OPERATION =
      "SELECT digest, document, subject, proposer, expires, ended, leaf_index FROM operation";
  private static final String BY_DIGEST = OPERATION + " WHERE digest = ?";
  private static final String OPEN = OPERATION + " WHERE ended IS NULL ORDER BY leaf_index, digest";
  private static final String NEWEST = OPERATION + " ORDER BY leaf_index DESC, digest LIMIT ?";
  private static final String NEWEST_ENDED =
      OPERATION + " WHERE ended = ? ORDER BY leaf_index DESC, digest LIMIT ?";
  private static final String APPROVALS =
      "SELECT approver, statement, leaf_index FROM operation_approval WHERE operation = ?"
          + " ORDER BY leaf_index, approver";
  private static final String OPEN_PROPOSERS = "SELECT proposer FROM operation WHERE ended IS NULL";
  private static final String TERMS =
      "SELECT proposer, expires, ended FROM operation WHERE digest = ?";

  private final Statements statements;

  OperationReads(Statements statements) {
    this.statements = statements;
  }

  Optional<OperationRecord> operation(Hash digest) throws SQLException {
    return withApprovals(statements.all(OperationReads::operation, BY_DIGEST, digest)).stream()
        .findAny();
  }

  /** All that have not ended, oldest first. */
  List<OperationRecord> open() throws SQLException {
    return withApprovals(statements.all(OperationReads::operation, OPEN));
  }

  List<OperationRecord> newest(int limit) throws SQLException {
    return withApprovals(statements.all(OperationReads::operation, NEWEST, limit));
  }

  List<OperationRecord> newestEnded(OperationEnd end, int limit) throws SQLException {
    return withApprovals(statements.all(OperationReads::operation, NEWEST_ENDED, end, limit));
  }

  /** Who proposed each that has not ended. */
  List<Optional<Hash>> openProposers() throws SQLException {
    return statements.all(row -> proposer(row, 1), OPEN_PROPOSERS);
  }

  /** What of an operation decides whether it can be approved. */
  record Terms(Optional<Hash> proposer, Instant expires, Optional<OperationEnd> end) {}

  Optional<Terms> terms(Hash digest) throws SQLException {
    return statements.first(
        row -> new Terms(proposer(row, 1), Statements.time(row, 2), end(row, 3)), TERMS, digest);
  }

  private List<OperationRecord> withApprovals(List<OperationRecord> operations)
      throws SQLException {
    List<OperationRecord> whole = new ArrayList<>(operations.size());
    for (OperationRecord each : operations) {
      List<OperationApproval> approvals =
          statements.all(
              row ->
                  new OperationApproval(Statements.hash(row, 1), row.getBytes(2), row.getLong(3)),
              APPROVALS,
              each.digest());
      whole.add(
          new OperationRecord(
              each.digest(),
              each.document(),
              each.subject(),
              each.proposer(),
              each.expires(),
              each.end(),
              each.leafIndex(),
              approvals));
    }
    return List.copyOf(whole);
  }

  private static OperationRecord operation(ResultSet row) throws SQLException {
    return new OperationRecord(
        Statements.hash(row, 1),
        row.getBytes(2),
        row.getString(3),
        proposer(row, 4),
        Statements.time(row, 5),
        end(row, 6),
        row.getLong(7),
        List.of());
  }

  private static Optional<Hash> proposer(ResultSet row, int column) throws SQLException {
    return Optional.ofNullable(row.getBytes(column)).map(Hash::of);
  }

  private static Optional<OperationEnd> end(ResultSet row, int column) throws SQLException {
    return Optional.ofNullable(row.getString(column)).map(OperationEnd::valueOf);
  }
}
