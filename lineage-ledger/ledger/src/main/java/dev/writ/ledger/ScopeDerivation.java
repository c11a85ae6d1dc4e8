// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.RevokedScope;
import dev.writ.artifact.StrictJson;
import dev.writ.tlog.Hash;
import dev.writ.tlog.TreeAudit;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Optional;

/**
 * That what a leaf withdraws by a scope is withdrawn in the store's rows. Whose an artifact is stands with its
 * bit, and so as long as that; which workload a leaf means is in its payload, until that is erased.
 */
final class ScopeDerivation {
  private static final String HOSTS = "SELECT ak_name FROM host";
  private static final String SUBJECT = "subject";
  private static final String SUBJECT_SALT = "subject_salt";

  private final Statements statements;

  ScopeDerivation(Statements statements) {
    this.statements = statements;
  }

  /** What is wrong with the rows, by the leaf at {@code index}. */
  Optional<TreeAudit.Fault> take(long index, Leaf leaf, LeafBody.ScopeRevocation revocation)
      throws SQLException {
    Optional<ArtifactScope> scope = scope(index, revocation.scope());
    if (scope.isEmpty()) {
      return Optional.empty();
    }
    long standing =
        new ScopeReads(statements)
            .standing(scope.get(), leaf.time().plus(LedgerRules.MAX_STEP_BACK), index);
    return standing == 0
        ? Optional.empty()
        : Optional.of(
            new TreeAudit.Fault(
                "artifacts of " + revocation.scope().wire() + " before leaf " + index,
                "revoked, as that says",
                standing + " not"));
  }

  /** The artifacts that the leaf at {@code index} means, where that can be said. */
  Optional<ArtifactScope> scope(long index, RevokedScope scope) throws SQLException {
    if (scope instanceof RevokedScope.OfHost host) {
      return host(host.akNameDigest()).map(ArtifactScope.OfHost::new);
    } else if (scope instanceof RevokedScope.OfWorkload workload) {
      return subject(index, workload.subject())
          .map(
              subject ->
                  new ArtifactScope.OfWorkload(subject, Math.min(workload.beforeIndex(), index)));
    }
    return scope
        .byPlaces()
        .map(
            places ->
                new ArtifactScope.Between(
                    places.fromIndex(), Math.min(places.beforeIndex(), index)));
  }

  /** All are looked through: a host is revoked seldom, and an index of digests would be read for nothing else. */
  private Optional<AkName> host(Hash digest) throws SQLException {
    return statements.all(row -> row.getBytes(1), HOSTS).stream()
        .filter(name -> Hash.sha256(name).equals(digest))
        .map(AkName::of)
        .findFirst();
  }

  private Optional<Hash> subject(long index, Commitment named) throws SQLException {
    Optional<PayloadRows.Row> row = new PayloadRows(statements).at(index);
    if (row.isEmpty()) {
      return Optional.empty();
    }
    try {
      JsonMembers members = StrictJson.parse(row.get().bytes(), Entry.MAX_PAYLOAD_BYTES);
      byte[] subject = members.text(SUBJECT).getBytes(StandardCharsets.UTF_8);
      byte[] salt = members.base64Url(SUBJECT_SALT, Commitment.SALT_BYTES);
      return named.opensWith(salt, subject) ? Optional.of(Hash.sha256(subject)) : Optional.empty();
    } catch (MalformedJsonException e) {
      // That it is not what its leaf names is the audit of payloads to tell.
      return Optional.empty();
    }
  }
}
