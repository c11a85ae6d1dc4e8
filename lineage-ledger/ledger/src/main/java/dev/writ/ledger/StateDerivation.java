// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.OperationKind;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.RequestApproval;
import dev.writ.artifact.RequestApproved;
import dev.writ.artifact.ServiceStart;
import dev.writ.artifact.UuidV7;
import dev.writ.artifact.Verification;
import dev.writ.tlog.Hash;
import dev.writ.tlog.TreeAudit;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What of the state follows from the leaves, compared with its rows: artifacts, under which others they are,
 * and whether they are revoked by name, by a scope, with one above them or with a break-glass; uses of those that are
 * judged here, outcomes, hosts and how they stand,
 * invitations, approvals of requests with their uses, policy epochs, modes,
 * starts, keys, trust files, the newest time. Not what no leaf says: nonces, names, ends in time, what was voided with a boot or a key.
 */
final class StateDerivation {
  private static final String ARTIFACT = "SELECT leaf_index FROM artifact WHERE jti = ?";
  private static final String REVOKED = "SELECT revoked FROM artifact WHERE jti = ?";
  private static final String DESCENT =
      "SELECT leaf_index FROM descent WHERE jti = ? AND parent = ? AND drawn_of = ?";
  private static final String OUTCOME =
      "SELECT leaf_index FROM outcome WHERE jti = ? AND reporter_kid = ? AND statement_digest = ?";
  private static final String USE =
      "SELECT leaf_index FROM artifact_use WHERE jti = ? AND asked = ?";
  private static final String USES =
      "SELECT jti FROM artifact_use GROUP BY jti HAVING COUNT(*) <> MAX(use_number)";
  private static final String EPOCH =
      "SELECT leaf_index FROM policy_epoch WHERE epoch = ? AND policy_digest = ?";
  private static final String START = "SELECT leaf_index FROM service_start WHERE leaf_index = ?";
  private static final String APPROVAL =
      "SELECT leaf_index FROM request_approval WHERE statement = ? AND request_digest = ?"
          + " AND policy_digest = ? AND approver = ? AND expires = ?";
  private static final String USED_BY = "SELECT used_by FROM request_approval WHERE statement = ?";
  private static final String USED =
      "SELECT COUNT(*) FROM request_approval WHERE used_by IS NOT NULL";
  private static final String INVITATION = "SELECT leaf_index FROM invitation WHERE digest = ?";
  private static final String HOST =
      "SELECT ak_name FROM host WHERE leaf_index = ? AND ek_digest = ?";

  /** The tables that have a row to each leaf of some kind, and their keys. */
  private static final Map<String, List<String>> KEYS =
      Map.of(
          "artifact", List.of("jti"),
          "artifact_use", List.of("jti", "use_number"),
          "descent", List.of("jti"),
          "host", List.of("ak_name"),
          "invitation", List.of("digest"),
          "outcome", List.of("jti", "reporter_kid", "statement_digest"),
          "policy_epoch", List.of("epoch"),
          "request_approval", List.of("statement"),
          "revocation", List.of("leaf_index"),
          "service_start", List.of("leaf_index"));

  private final StoreReader store;
  private final Consumer<TreeAudit.Fault> faults;
  private final KeyLives keys = new KeyLives();
  private final GovernanceLives governance = new GovernanceLives();
  private final TrustLives trust = new TrustLives();
  private final ApprovalRules approvals = new ApprovalRules();
  private final UseRules uses = new UseRules();

  /** By what is renewed what its execution began with. */
  private final Map<UuidV7, UuidV7> begun = new HashMap<>();

  private final ScopeRuns scopes = new ScopeRuns();
  private final HostDerivation hosts = new HostDerivation();
  private long approvalsUsed;

  /** How many rows a table must have. */
  private final Map<String, Long> rows = new TreeMap<>();

  private @Nullable Instant newest;
  private final RevocationRows revocations = new RevocationRows();

  StateDerivation(StoreReader store, Consumer<TreeAudit.Fault> faults) {
    this.store = store;
    this.faults = faults;
    KEYS.keySet().forEach(table -> rows.put(table, 0L));
  }

  /**
   * Takes leaves in their order, and looks for their rows.
   *
   * @return those that are leaves, by their places
   */
  Map<Long, Leaf> leaves(long first, List<byte[]> entries) throws LedgerException {
    Map<Long, Leaf> leaves = new TreeMap<>();
    for (int i = 0; i < entries.size(); i++) {
      try {
        leaves.put(first + i, Leaf.parse(entries.get(i)));
      } catch (MalformedLeafException e) {
        fault("leaf " + (first + i), "a leaf", "none: " + e.getMessage());
      }
    }
    Integer unused =
        store.read(
            statements -> {
              for (Map.Entry<Long, Leaf> leaf : leaves.entrySet()) {
                take(statements, leaf.getKey(), leaf.getValue());
              }
              return leaves.size();
            });
    return leaves;
  }

  private void take(Statements statements, long index, Leaf leaf) throws SQLException {
    LeafBody body = leaf.body();
    withdrawn(statements, scopes.take(index, leaf));
    if (revocations.mustHave(statements, index, body)) {
      owns(statements, "revocation", index, RevocationRows.ONE, index);
    }
    boolean clockAccepted =
        body instanceof OperationStep.Ended ended
            && ended.of() == OperationKind.ACCEPT_CLOCK
            && ended.end() == OperationStep.End.EXECUTED;
    if (newest == null || clockAccepted || leaf.time().isAfter(newest)) {
      newest = leaf.time();
    }
    var told = keys.take(body);
    var mode = governance.take(index, leaf);
    var use = approvals.take(leaf);
    var published = trust.take(index, body);
    var stands = hosts.take(leaf);
    told.or(() -> mode)
        .or(() -> use)
        .or(() -> published)
        .or(() -> stands)
        .ifPresent(wrong -> fault("leaf " + index, "one that may follow", wrong));
    if (body instanceof LeafBody.DecisionAllow allow) {
      owns(statements, "artifact", index, ARTIFACT, allow.jti());
      used(statements, index, leaf);
      allow.renews().ifPresent(first -> begun.putIfAbsent(allow.jti(), first));
      if (allow.parent().isPresent()) {
        UuidV7 parent = allow.parent().get();
        owns(
            statements,
            "descent",
            index,
            DESCENT,
            allow.jti(),
            parent,
            begun.getOrDefault(parent, parent));
      }
    } else if (body instanceof Verification verification && verification.maxUses().isPresent()) {
      uses.take(verification)
          .ifPresent(wrong -> fault("leaf " + index, "one that may follow", wrong));
      UuidV7 jti = verification.jti().orElseThrow();
      owns(statements, "artifact_use", index, USE, jti, verification.asked().digest());
    } else if (body instanceof LeafBody.Outcome outcome) {
      owns(
          statements,
          "outcome",
          index,
          OUTCOME,
          outcome.jti(),
          outcome.kid(),
          outcome.statementDigest());
    } else if (body instanceof LeafBody.PolicyInForce policy) {
      owns(
          statements,
          "policy_epoch",
          index,
          EPOCH,
          policy.policy().epoch(),
          policy.policy().digest());
    } else if (body instanceof LeafBody.Approval approval) {
      owns(statements, "invitation", index, INVITATION, approval.digest());
    } else if (body instanceof RequestApproved approved) {
      RequestApproval.Terms terms = approved.approval().terms();
      owns(
          statements,
          "request_approval",
          index,
          APPROVAL,
          terms.digest(),
          terms.requestDigest(),
          terms.policyDigest(),
          terms.kid(),
          terms.expires());
    } else if (body instanceof ServiceStart) {
      owns(statements, "service_start", index, START, index);
    } else if (body instanceof LeafBody.Enrolment enrolment) {
      host(statements, index, enrolment);
    } else if (body instanceof GovernanceStep.Ordered step) {
      closed(statements, index, step, leaf.time());
    } else if (body instanceof LeafBody.Revocation revocation) {
      long revoked = statements.first(row -> row.getLong(1), REVOKED, revocation.jti()).orElse(-1L);
      if (revoked != 1) {
        fault(
            "artifact " + revocation.jti(),
            "revoked, as leaf " + index + " says",
            revoked < 0 ? "absent" : "not");
      }
      long standing =
          new DescentRows(statements)
              .standing(revocation.jti(), leaf.time().plus(LedgerRules.MAX_STEP_BACK), index);
      if (standing > 0) {
        fault(
            "artifacts under " + revocation.jti(),
            "revoked with it, as leaf " + index + " says",
            standing + " not");
      }
    }
  }

  private void withdrawn(Statements statements, List<ScopeRuns.Last> ended) throws SQLException {
    for (ScopeRuns.Last last : ended) {
      new ScopeDerivation(statements)
          .take(last.index(), last.leaf(), last.body())
          .ifPresent(faults);
    }
  }

  /** What was issued under a break-glass ends with an order that closes it. */
  private void closed(Statements statements, long index, GovernanceStep.Ordered step, Instant time)
      throws SQLException {
    if (!step.revokes()) {
      return;
    }
    List<Long> live = new BreakglassArtifacts(statements).live(index, time);
    if (!live.isEmpty()) {
      fault(
          "artifacts of a break-glass before leaf " + index,
          "revoked, as that says",
          "not, of leaves such as " + live);
    }
  }

  /** A row of this table must be there and name the leaf. */
  private void owns(
      Statements statements, String table, long index, String sql, Object... parameters)
      throws SQLException {
    expect(table);
    Optional<Long> found = statements.first(row -> row.getLong(1), sql, parameters);
    if (!found.equals(Optional.of(index))) {
      fault(
          table + " of leaf " + index,
          "there, with that leaf_index",
          found.map(other -> "of leaf " + other).orElse("absent"));
    }
  }

  /** The approvals that an allow comes from are used, by it. */
  private void used(Statements statements, long index, Leaf allow) throws SQLException {
    for (Hash statement : approvals.statementsOf(allow)) {
      approvalsUsed++;
      Optional<OptionalLong> by =
          statements.first(row -> Statements.number(row, 1), USED_BY, statement);
      if (!by.equals(Optional.of(OptionalLong.of(index)))) {
        fault(
            "request_approval " + statement,
            "used by leaf " + index,
            by.isEmpty()
                ? "absent"
                : by.get().isEmpty() ? "not used" : "by leaf " + by.get().getAsLong());
      }
    }
  }

  private void host(Statements statements, long index, LeafBody.Enrolment enrolment)
      throws SQLException {
    expect("host");
    Optional<Hash> name =
        statements.first(row -> Hash.sha256(row.getBytes(1)), HOST, index, enrolment.ekDigest());
    if (!name.equals(Optional.of(enrolment.akNameDigest()))) {
      fault(
          "host of leaf " + index,
          "there, with the keys that the leaf names",
          name.isPresent() ? "of another attestation key" : "absent");
    }
  }

  private void expect(String table) {
    rows.merge(table, 1L, Long::sum);
  }

  /** Looks for rows that no leaf has, once all leaves were taken. */
  void finish() throws LedgerException {
    boolean unused =
        store.read(
            statements -> {
              withdrawn(statements, scopes.rest());
              return true;
            });
    for (Map.Entry<String, Long> table : rows.entrySet()) {
      List<String> key = Objects.requireNonNull(KEYS.get(table.getKey()));
      long found = new RowCount(store, table.getKey(), key).all();
      if (found > table.getValue()) {
        fault(
            table.getKey(),
            table.getValue() + " rows, one to each leaf that makes one",
            found + " rows");
      }
    }
    keys();
    hosts.finish(store, faults);
    trustFiles();
    governance();
    store
        .read(statements -> statements.first(row -> Statements.uuid(row, 1), USES))
        .ifPresent(jti -> fault("artifact_use of " + jti, "numbered 1, 2, 3, …", "other numbers"));
    long used = store.read(statements -> statements.first(row -> row.getLong(1), USED).orElse(0L));
    if (used > approvalsUsed) {
      fault("request_approval", approvalsUsed + " used, each by an allow", used + " used");
    }
    Optional<Instant> stored = store.read(statements -> new TreeReads(statements).newestTime());
    Optional<Instant> told = Optional.ofNullable(newest);
    // A store that an older version filled has none until its first start.
    if (stored.isPresent() && !stored.equals(told)) {
      fault(
          "tree_head newest_time",
          told.map(Instant::toString).orElse("absent"),
          stored.get().toString());
    }
  }

  private void keys() throws LedgerException {
    Map<Hash, KeyLives.Life> left = new HashMap<>(keys.keys());
    for (SigningKey row : store.read(statements -> new StateReads(statements).keys())) {
      KeyLives.Life told = left.remove(row.kid());
      KeyLives.Life is = new KeyLives.Life(row.role(), row.state());
      if (!is.equals(told)) {
        fault(
            "signing_key " + row.kid(),
            told == null ? "absent" : told.role().wire() + ", " + told.state().wire(),
            row.role().wire() + ", " + row.state().wire());
      }
    }
    left.forEach(
        (kid, life) ->
            fault("signing_key " + kid, life.role().wire() + ", " + life.state().wire(), "absent"));
  }

  private void trustFiles() throws LedgerException {
    Map<Long, TrustLives.Life> left = new TreeMap<>(trust.lives());
    for (TrustFiles.Row row : store.read(statements -> new TrustFiles(statements).rows())) {
      TrustLives.Life told = left.remove(row.version());
      boolean same =
          told != null
              && row.leafIndex() == told.leafIndex()
              && row.digest().equals(told.digest())
              && (row.inForceIndex().equals(told.inForce())
                  || (row.inForceIndex().isEmpty() && !told.isSaid()));
      if (!same) {
        fault(
            "trust_file " + row.version(),
            told == null ? "absent" : words(told.digest(), told.leafIndex(), told.inForce()),
            words(row.digest(), row.leafIndex(), row.inForceIndex()));
      }
    }
    left.forEach(
        (version, life) ->
            fault(
                "trust_file " + version,
                words(life.digest(), life.leafIndex(), life.inForce()),
                "absent"));
  }

  private static String words(Hash digest, long leafIndex, OptionalLong inForce) {
    return "published by leaf "
        + leafIndex
        + ", in force by "
        + (inForce.isPresent() ? "leaf " + inForce.getAsLong() : "none")
        + ", of SHA-256 "
        + digest;
  }

  private void governance() throws LedgerException {
    same(
        "governance_mode",
        governance.modes(),
        store.read(statements -> new GovernanceRows(statements).modes()));
    List<BreakglassUse> stored =
        new ArrayList<>(store.read(statements -> new GovernanceRows(statements).uses()));
    Collections.reverse(stored);
    List<BreakglassUse> told = governance.uses();
    same(
        "breakglass",
        told.subList(Math.max(0, told.size() - GovernanceRows.MOST_USES), told.size()),
        stored);
  }

  private void same(String table, List<?> told, List<?> stored) {
    if (!stored.equals(told)) {
      fault(table, "as leaves tell it, " + told, stored.toString());
    }
  }

  private void fault(String where, String mustBe, String was) {
    faults.accept(new TreeAudit.Fault(where, mustBe, was));
  }
}
