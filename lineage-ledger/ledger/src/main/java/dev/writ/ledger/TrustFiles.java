// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.StateChange.PublishTrust;
import dev.writ.ledger.StateChange.PutTrustInForce;
import dev.writ.tlog.Hash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The table of trust files, its changes made as {@link StateWrites} says. */
final class TrustFiles {
  private static final String PUBLISH =
      "INSERT INTO trust_file (version, leaf_index, in_force_index, bytes)"
          + " SELECT ?, ?, NULL, ? FROM (SELECT MAX(version) AS version FROM trust_file) AS newest"
          + " WHERE newest.version IS NULL OR newest.version = ? - 1"
          + " ON CONFLICT DO NOTHING RETURNING version";
  private static final String PUT_IN_FORCE =
      "UPDATE trust_file SET in_force_index = ? WHERE version = ?"
          + " AND NOT EXISTS (SELECT 1 FROM trust_file AS other"
          + " WHERE other.in_force_index IS NOT NULL AND other.version >= ?)";
  private static final String FILE =
      "SELECT version, bytes, leaf_index, in_force_index FROM trust_file";
  private static final String BY_VERSION = FILE + " WHERE version = ?";
  private static final String LATEST = FILE + " ORDER BY version DESC LIMIT 1";
  private static final String AFTER = "SELECT version FROM trust_file WHERE version > ? LIMIT 1";
  private static final String IN_FORCE =
      FILE + " WHERE in_force_index IS NOT NULL ORDER BY version DESC LIMIT 1";
  private static final String ALL = FILE + " ORDER BY version";
  private static final String IS_PUBLISHED = "SELECT version FROM trust_file WHERE version = ?";

  private final Statements statements;

  TrustFiles(Statements statements) {
    this.statements = statements;
  }

  Optional<Refusal> publish(PublishTrust trust, long index) throws SQLException {
    long version = trust.version();
    return statements.any(PUBLISH, version, index, trust.trustFile(), version)
        ? Optional.empty()
        : Optional.of(Refusal.TRUST_NOT_NEXT);
  }

  Optional<Refusal> putInForce(PutTrustInForce trust, long index) throws SQLException {
    long version = trust.version();
    if (statements.update(PUT_IN_FORCE, index, version, version) == 1) {
      return Optional.empty();
    }
    boolean published = statements.any(IS_PUBLISHED, version);
    return Optional.of(published ? Refusal.TRUST_NOT_NEWER : Refusal.TRUST_UNKNOWN);
  }

  Optional<PublishedTrust> version(long version) throws SQLException {
    return statements.first(TrustFiles::file, BY_VERSION, version);
  }

  Optional<PublishedTrust> latest() throws SQLException {
    return statements.first(TrustFiles::file, LATEST);
  }

  boolean isPublishedAfter(long version) throws SQLException {
    return statements.any(AFTER, version);
  }

  Optional<PublishedTrust> inForce() throws SQLException {
    return statements.first(TrustFiles::file, IN_FORCE);
  }

  /** A row, with the digest of its bytes. */
  record Row(long version, Hash digest, long leafIndex, OptionalLong inForceIndex) {}

  /** All of them, by version. */
  List<Row> rows() throws SQLException {
    return statements.all(
        row ->
            new Row(
                row.getLong(1),
                Hash.sha256(row.getBytes(2)),
                row.getLong(3),
                Statements.number(row, 4)),
        ALL);
  }

  private static PublishedTrust file(ResultSet row) throws SQLException {
    return new PublishedTrust(
        row.getLong(1), row.getBytes(2), row.getLong(3), Statements.number(row, 4));
  }
}
