// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.StatusReference;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Reads of the state tables, inside the writer's transaction and beside it. */
final class StateReads {
  /** Begins a statement; takes a condition. */
  static final String HOST =
      "SELECT ak_name, ek_digest, name, ak_public, state, leaf_index FROM host WHERE ";

  private static final String HOST_BY_AK = HOST + "ak_name = ?";
  private static final String HOST_BY_EK = HOST + "ek_digest = ?";
  private static final String HOST_BY_NAME = HOST + "name = ?";
  private static final String ACTIVE =
      "SELECT COUNT(*) FROM host WHERE state = 'ACTIVE' AND ak_name IN (";
  private static final String INSTANCE_KEY =
      "SELECT ak_name, key_name, jkt, leaf_index FROM instance_key"
          + " WHERE ak_name = ? AND key_name = ?";
  private static final String MEASURED_LIST =
      "SELECT ak_name, boot, judged_by, position, leaf_index FROM measured_list WHERE ak_name = ?";
  private static final String NEWEST_ARTIFACT = "SELECT artifact FROM last_seen WHERE ak_name = ?";
  private static final String LAST_SEEN =
      "SELECT clock, reset_count, restart_count, safe, seen, anchor, leaf_index FROM last_seen"
          + " WHERE ak_name = ?";

  /**
   * Begins a statement by the chain of a host's artifacts, from its newest back to what has ended or was decided
   * before a leaf. Takes ak_name, and twice the time and the leaf's place.
   */
  static final String CHAIN =
      "WITH RECURSIVE chain (jti, previous) AS ("
          + "SELECT artifact.jti, artifact.previous FROM last_seen"
          + " JOIN artifact ON artifact.jti = last_seen.artifact"
          + " WHERE last_seen.ak_name = ? AND artifact.ends > ? AND artifact.leaf_index >= ?"
          + " UNION ALL SELECT artifact.jti, artifact.previous FROM chain"
          + " JOIN artifact ON artifact.jti = chain.previous"
          + " WHERE artifact.ends > ? AND artifact.leaf_index >= ?) ";

  private static final String NEITHER_ENDED_NOR_REVOKED = "revoked = 0 AND expires > ?";

  /** Whether an artifact of {@link #CHAIN} has neither ended nor been revoked. Takes the time. */
  static final String LIVE = "jti IN (SELECT jti FROM chain) AND " + NEITHER_ENDED_NOR_REVOKED;

  /**
   * Whether an artifact that was decided from one leaf on, and before another, has neither ended nor
   * been revoked. Takes the two and the time.
   */
  static final String LIVE_BETWEEN =
      "leaf_index >= ? AND leaf_index < ? AND " + NEITHER_ENDED_NOR_REVOKED;

  private static final String LIVE_IN_LISTS =
      DescentRows.withDescendants(CHAIN, LIVE)
          + "SELECT status / "
          + StatusReference.MAX_LIST
          + ", COUNT(*) FROM artifact WHERE "
          + DescentRows.LIVE
          + " GROUP BY 1 ORDER BY 1";
  private static final String BEFORE =
      CHAIN + "SELECT 1 FROM artifact WHERE " + LIVE + " AND leaf_index < ? LIMIT 1";
  private static final String REVOCATIONS =
      "SELECT leaf_index FROM revocation WHERE leaf_index >= ? AND leaf_index < ?"
          + " ORDER BY leaf_index LIMIT ?";
  private static final String NEWEST_REVOCATIONS =
      "SELECT leaf_index FROM revocation WHERE leaf_index >= ? AND leaf_index < ?"
          + " ORDER BY leaf_index DESC LIMIT ?";
  private static final String KEYS =
      "SELECT kid, role, state, not_before, not_after, leaf_index, activated_index, ended_index"
          + " FROM signing_key";
  private static final String KEY = KEYS + " WHERE kid = ?";
  private static final String ALL_KEYS = KEYS + " ORDER BY kid";
  private static final String EPOCH =
      "SELECT epoch, policy_digest, min_epoch, leaf_index FROM policy_epoch ORDER BY epoch DESC LIMIT 1";
  private static final String EPOCH_BY_NUMBER =
      "SELECT epoch, policy_digest, min_epoch, leaf_index FROM policy_epoch WHERE epoch = ?";
  private static final String NEWEST_START =
      "SELECT leaf_index FROM service_start ORDER BY leaf_index DESC LIMIT 1";
  private static final String ARTIFACT =
      "SELECT jti, leaf_index, expires, revoked, status FROM artifact WHERE jti = ?";
  private static final String OUTCOME =
      "SELECT jti, reporter_kid, state, statement_digest, leaf_index FROM outcome"
          + " WHERE jti = ? AND reporter_kid = ? AND statement_digest = ?";
  private static final String INVITATION =
      "SELECT digest, host_name, expires, leaf_index, redeemed_by FROM invitation WHERE digest = ?";
  private static final String NONCE = "SELECT nonce FROM nonce WHERE nonce = ?";
  private static final String USES =
      "SELECT COALESCE(MAX(use_number), 0) FROM artifact_use WHERE jti = ?";
  private static final String USE =
      "SELECT leaf_index FROM artifact_use WHERE jti = ? AND asked = ?";

  private final Statements statements;

  StateReads(Statements statements) {
    this.statements = statements;
  }

  Optional<Host> host(AkName akName) throws SQLException {
    return statements.first(StateReads::host, HOST_BY_AK, akName.bytes());
  }

  /** Whether all of these hosts are active; {@code names} are different. */
  boolean areActive(Set<AkName> names) throws SQLException {
    List<Object> parameters = new ArrayList<>(names.size());
    names.forEach(name -> parameters.add(name.bytes()));
    // As few statements to prepare as there are powers of two.
    while (Integer.bitCount(parameters.size()) > 1) {
      parameters.add(parameters.get(0));
    }
    String sql = ACTIVE + "?" + ", ?".repeat(Math.max(0, parameters.size() - 1)) + ")";
    return names.isEmpty()
        || statements.first(row -> row.getLong(1), sql, parameters.toArray()).orElse(0L)
            == names.size();
  }

  Optional<Host> hostByEk(Hash ekDigest) throws SQLException {
    return statements.first(StateReads::host, HOST_BY_EK, ekDigest);
  }

  Optional<Host> hostByName(String name) throws SQLException {
    return statements.first(StateReads::host, HOST_BY_NAME, name);
  }

  Optional<InstanceKey> instanceKey(AkName akName, Hash keyName) throws SQLException {
    return statements.first(
        row ->
            new InstanceKey(
                AkName.of(row.getBytes(1)),
                Statements.hash(row, 2),
                Statements.hash(row, 3),
                row.getLong(4)),
        INSTANCE_KEY,
        akName.bytes(),
        keyName);
  }

  Optional<MeasuredList> measuredList(AkName akName) throws SQLException {
    return statements.first(
        row ->
            new MeasuredList(
                AkName.of(row.getBytes(1)),
                row.getLong(2),
                Statements.hash(row, 3),
                row.getBytes(4),
                row.getLong(5)),
        MEASURED_LIST,
        akName.bytes());
  }

  Optional<LastSeen> lastSeen(AkName akName) throws SQLException {
    return statements.first(
        row ->
            new LastSeen(
                akName,
                new HostClock(
                    HostClock.ofColumn(row.getLong(1)),
                    row.getLong(2),
                    row.getLong(3),
                    row.getLong(4) != 0),
                Statements.time(row, 5),
                Statements.time(row, 6),
                row.getLong(7)),
        LAST_SEEN,
        akName.bytes());
  }

  Optional<UuidV7> newestArtifact(AkName akName) throws SQLException {
    return statements
        .first(row -> Optional.ofNullable(row.getBytes(1)), NEWEST_ARTIFACT, akName.bytes())
        .flatMap(jti -> jti.map(Statements::uuid));
  }

  LiveArtifacts live(AkName akName, Instant now) throws SQLException {
    return LiveArtifacts.counted(
        statements, LIVE_IN_LISTS, akName.bytes(), now, 0L, now, 0L, now, now);
  }

  /** Whether a host's artifact that a leaf before another decided for has neither ended nor been revoked. */
  boolean isLiveBefore(AkName akName, long leafIndex, Instant now) throws SQLException {
    return statements.any(BEFORE, akName.bytes(), now, 0L, now, 0L, now, leafIndex);
  }

  /** Places of revocations from one leaf on and before another. */
  List<Long> revocations(long from, long before, int limit) throws SQLException {
    return statements.all(row -> row.getLong(1), REVOCATIONS, from, before, limit);
  }

  /** The same, highest first. */
  List<Long> newestRevocations(long from, long before, int limit) throws SQLException {
    return statements.all(row -> row.getLong(1), NEWEST_REVOCATIONS, from, before, limit);
  }

  Optional<SigningKey> key(Hash kid) throws SQLException {
    return statements.first(StateReads::key, KEY, kid);
  }

  List<SigningKey> keys() throws SQLException {
    return statements.all(StateReads::key, ALL_KEYS);
  }

  Optional<PolicyEpoch> epoch() throws SQLException {
    return statements.first(StateReads::epoch, EPOCH);
  }

  Optional<PolicyEpoch> epoch(long epoch) throws SQLException {
    return statements.first(StateReads::epoch, EPOCH_BY_NUMBER, epoch);
  }

  Optional<IssuedArtifact> artifact(UuidV7 jti) throws SQLException {
    return statements.first(
        row ->
            new IssuedArtifact(
                Statements.uuid(row, 1),
                row.getLong(2),
                Statements.time(row, 3),
                row.getLong(4) != 0,
                Statements.number(row, 5).stream().mapToObj(StatusIndex::ofNumber).findAny()),
        ARTIFACT,
        jti);
  }

  boolean isConsumed(Hash nonce) throws SQLException {
    return statements.first(row -> Statements.hash(row, 1), NONCE, nonce).isPresent();
  }

  long uses(UuidV7 jti) throws SQLException {
    return statements.first(row -> row.getLong(1), USES, jti).orElse(0L);
  }

  OptionalLong use(UuidV7 jti, Hash asked) throws SQLException {
    return statements.first(row -> row.getLong(1), USE, jti, asked).stream()
        .mapToLong(Long::longValue)
        .findAny();
  }

  Optional<RecordedOutcome> outcome(UuidV7 jti, Hash reporterKid, Hash statementDigest)
      throws SQLException {
    return statements.first(
        row ->
            new RecordedOutcome(
                Statements.uuid(row, 1),
                Statements.hash(row, 2),
                ReportedState.valueOf(row.getString(3)),
                Statements.hash(row, 4),
                row.getLong(5)),
        OUTCOME,
        jti,
        reporterKid,
        statementDigest);
  }

  Optional<Invitation> invitation(Hash digest) throws SQLException {
    return statements.first(
        row ->
            new Invitation(
                Statements.hash(row, 1),
                row.getString(2),
                Statements.time(row, 3),
                row.getLong(4),
                Statements.number(row, 5)),
        INVITATION,
        digest);
  }

  static Host host(ResultSet row) throws SQLException {
    return new Host(
        AkName.of(row.getBytes(1)),
        Statements.hash(row, 2),
        row.getString(3),
        row.getBytes(4),
        HostState.valueOf(row.getString(5)),
        row.getLong(6));
  }

  private static SigningKey key(ResultSet row) throws SQLException {
    return new SigningKey(
        Statements.hash(row, 1),
        KeyRole.valueOf(row.getString(2)),
        KeyState.valueOf(row.getString(3)),
        Statements.time(row, 4),
        Statements.time(row, 5),
        row.getLong(6),
        Statements.number(row, 7),
        Statements.number(row, 8));
  }

  private static PolicyEpoch epoch(ResultSet row) throws SQLException {
    return new PolicyEpoch(row.getLong(1), Statements.hash(row, 2), row.getLong(3), row.getLong(4));
  }

  OptionalLong newestStart() throws SQLException {
    return statements
        .first(row -> OptionalLong.of(row.getLong(1)), NEWEST_START)
        .orElseGet(OptionalLong::empty);
  }
}
