// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.artifact.StatusReference;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Counts the artifacts that are meant by scopes. */
final class ScopeReads {
  /** How many one leaf revokes, of a scope that has more; not counting what is under them. */
  static final int AT_ONCE = 2_000;

  /** Whether an artifact is a host's and not revoked. Takes the host's name. */
  private static final String OF_HOST_AT_ANY_TIME = "revoked = 0 AND " + bit("ak_name");

  /** Whether an artifact is a workload's and not revoked. Takes a leaf's place and the workload's digest. */
  private static final String OF_WORKLOAD_AT_ANY_TIME =
      "leaf_index < ? AND revoked = 0 AND " + bit("subject");

  /** Whether an artifact was decided between two leaves and is not revoked. Takes the two. */
  private static final String BETWEEN_AT_ANY_TIME =
      "leaf_index >= ? AND leaf_index < ? AND revoked = 0";

  /** Which of a host's end between two times. Takes the host's name and the two. */
  static final String PART_OF_HOST = part(OF_HOST_AT_ANY_TIME);

  /** Which of a workload's end between two times. Takes what says whose they are, and the two. */
  static final String PART_OF_WORKLOAD = part(OF_WORKLOAD_AT_ANY_TIME);

  /** Which of those decided between two leaves end between two times. Takes the leaves and the times. */
  static final String PART_BETWEEN = part(BETWEEN_AT_ANY_TIME);

  private static final String WORKLOAD = OF_WORKLOAD_AT_ANY_TIME + " AND expires > ?";
  private static final String ANY_DESCENT = "SELECT 1 FROM descent LIMIT 1";
  private static final String ROOTS_OF_WORKLOAD = inLists(WORKLOAD);
  private static final String ROOTS_BETWEEN = inLists(StateReads.LIVE_BETWEEN);
  private static final String OF_WORKLOAD =
      DescentRows.withDescendants("", WORKLOAD) + inLists(DescentRows.LIVE);
  private static final String BETWEEN =
      DescentRows.withDescendants("", StateReads.LIVE_BETWEEN) + inLists(DescentRows.LIVE);
  private static final String NEXT_OF_HOST = next(OF_HOST_AT_ANY_TIME);
  private static final String NEXT_OF_WORKLOAD = next(OF_WORKLOAD_AT_ANY_TIME);
  private static final String NEXT_BETWEEN = next(BETWEEN_AT_ANY_TIME);
  private static final String STANDS =
      "SELECT COUNT(*) FROM artifact WHERE " + DescentRows.LIVE + " AND leaf_index < ?";
  private static final String PLACES_STAND =
      DescentRows.withDescendants("", "leaf_index >= ? AND leaf_index < ? AND expires > ?")
          + STANDS;
  private static final String HOST_STANDS =
      DescentRows.withDescendants("", "expires > ? AND " + bit("ak_name")) + STANDS;
  private static final String WORKLOAD_STANDS =
      DescentRows.withDescendants("", "leaf_index < ? AND expires > ? AND " + bit("subject"))
          + STANDS;

  private static final String SIZE = "SELECT size FROM tree_head WHERE id = 1";
  private static final String LENGTH_AT_MOST =
      StateReads.CHAIN + "SELECT COUNT(*) FROM (SELECT 1 FROM chain LIMIT ?) AS newest";
  private static final String WITHOUT_BITS =
      StateReads.CHAIN
          + "SELECT 1 FROM artifact WHERE "
          + StateReads.LIVE
          + " AND NOT "
          + bit("ak_name")
          + " LIMIT 1";
  private static final String INACTIVE_HOLDERS =
      "SELECT DISTINCT ak_name FROM status_index WHERE revoked = 0 AND expires > ?"
          + " AND ak_name IN (SELECT ak_name FROM host WHERE state <> 'ACTIVE') LIMIT ?";
  private static final String ORPHANS =
      "SELECT child.leaf_index FROM artifact AS child"
          + " JOIN descent ON descent.jti = child.jti"
          + " JOIN artifact AS above ON above.jti = descent.parent"
          + " WHERE child.revoked = 0 AND child.expires > ? AND above.revoked = 1"
          + " ORDER BY child.leaf_index LIMIT ?";
  private static final Instant LAST = Instant.ofEpochMilli(Long.MAX_VALUE);

  private final Statements statements;

  /**
   * Of those of which {@code which} holds, the ones that end between two times: by no other bound of their end,
   * since SQLite seeks by the first and would read for each part those of all before it.
   */
  private static String part(String which) {
    return which + " AND expires >= ? AND expires < ?";
  }

  private static String next(String which) {
    return "SELECT expires FROM artifact WHERE "
        + which
        + " AND expires >= ? ORDER BY expires LIMIT 1 OFFSET ?";
  }

  private static String bit(String column) {
    return "EXISTS (SELECT 1 FROM status_index AS bit WHERE bit.number = artifact.status"
        + " AND bit.leaf_index = artifact.leaf_index AND bit."
        + column
        + " = ?)";
  }

  ScopeReads(Statements statements) {
    this.statements = statements;
  }

  private static String inLists(String which) {
    return "SELECT status / "
        + StatusReference.MAX_LIST
        + ", COUNT(*) FROM artifact WHERE "
        + which
        + " GROUP BY 1 ORDER BY 1";
  }

  /** What {@link #revocations} would revoke at {@code now}. */
  LiveArtifacts live(ArtifactScope scope, Instant now) throws SQLException {
    // Where nothing was issued under anything, nobody is looked for under a million.
    boolean roots = !statements.any(ANY_DESCENT);
    if (scope instanceof ArtifactScope.OfHost host) {
      return new StateReads(statements).live(host.akName(), now);
    } else if (scope instanceof ArtifactScope.OfWorkload workload) {
      long before = workload.beforeIndex();
      return roots
          ? LiveArtifacts.counted(statements, ROOTS_OF_WORKLOAD, before, workload.subject(), now)
          : LiveArtifacts.counted(statements, OF_WORKLOAD, before, workload.subject(), now, now);
    }
    ArtifactScope.Between between = (ArtifactScope.Between) scope;
    long from = between.fromIndex();
    long before = between.beforeIndex();
    return roots
        ? LiveArtifacts.counted(statements, ROOTS_BETWEEN, from, before, now)
        : LiveArtifacts.counted(statements, BETWEEN, from, before, now, now);
  }

  /**
   * What revokes what stands of a scope at {@code now}: parts by their end, each of {@code atOnce} at most, or of
   * those that end in one millisecond.
   */
  List<StateChange> revocations(ArtifactScope scope, Instant now, int atOnce) throws SQLException {
    return scope instanceof ArtifactScope.OfHost host
        ? ofHost(host, now, atOnce)
        : new ArrayList<>(parts(scope, now, atOnce));
  }

  /**
   * The chain of a host's artifacts is followed from its newest and cannot be cut in parts; so these are found by
   * bits, and by the chain what the host gets meanwhile.
   */
  private List<StateChange> ofHost(ArtifactScope.OfHost host, Instant now, int atOnce)
      throws SQLException {
    long size = count(SIZE).orElse(0L);
    List<StateChange> all = new ArrayList<>();
    long from = 0;
    byte[] name = host.akName().bytes();
    if (count(LENGTH_AT_MOST, name, now, 0L, now, 0L, atOnce + 1).orElse(0L) > atOnce) {
      all.addAll(parts(host, now, atOnce));
      // What an older version issued, or one that publishes no list, has no bit that says whose it
      // is.
      from = statements.any(WITHOUT_BITS, name, now, 0L, now, 0L, now, name) ? 0 : size;
    }
    all.add(new StateChange.VoidArtifacts(host.akName(), from));
    return all;
  }

  private List<StateChange.VoidScope> parts(ArtifactScope scope, Instant now, int atOnce)
      throws SQLException {
    List<StateChange.VoidScope> parts = new ArrayList<>();
    Instant from = next(scope, now.plusMillis(1), 0).orElse(now.plusMillis(1));
    while (true) {
      Optional<Instant> next = next(scope, from, atOnce);
      if (next.isEmpty()) {
        parts.add(new StateChange.VoidScope(scope, from, LAST));
        return parts;
      }
      Instant before = next.get().isAfter(from) ? next.get() : from.plusMillis(1);
      parts.add(new StateChange.VoidScope(scope, from, before));
      from = before;
    }
  }

  /** When the one ends that is too much for a part of {@code atOnce} from {@code from} on. */
  Optional<Instant> next(ArtifactScope scope, Instant from, int atOnce) throws SQLException {
    if (scope instanceof ArtifactScope.OfHost host) {
      return statements.first(
          row -> Statements.time(row, 1), NEXT_OF_HOST, host.akName().bytes(), from, atOnce);
    } else if (scope instanceof ArtifactScope.OfWorkload workload) {
      return statements.first(
          row -> Statements.time(row, 1),
          NEXT_OF_WORKLOAD,
          workload.beforeIndex(),
          workload.subject(),
          from,
          atOnce);
    }
    ArtifactScope.Between between = (ArtifactScope.Between) scope;
    return statements.first(
        row -> Statements.time(row, 1),
        NEXT_BETWEEN,
        between.fromIndex(),
        between.beforeIndex(),
        from,
        atOnce);
  }

  /**
   * How many of a scope, or under one of it, decided before a leaf, neither end by {@code now} nor are revoked;
   * of a host's and a workload's as long as their bits are theirs.
   */
  long standing(ArtifactScope scope, Instant now, long before) throws SQLException {
    Optional<Long> number;
    if (scope instanceof ArtifactScope.OfHost host) {
      number = count(HOST_STANDS, now, host.akName().bytes(), now, before);
    } else if (scope instanceof ArtifactScope.OfWorkload workload) {
      number = count(WORKLOAD_STANDS, workload.beforeIndex(), now, workload.subject(), now, before);
    } else {
      ArtifactScope.Between between = (ArtifactScope.Between) scope;
      number = count(PLACES_STAND, between.fromIndex(), between.beforeIndex(), now, now, before);
    }
    return number.orElse(0L);
  }

  private Optional<Long> count(String sql, Object... parameters) throws SQLException {
    return statements.first(row -> row.getLong(1), sql, parameters);
  }

  /** Hosts that are not active and have artifacts that stand, of those whose bits are theirs. */
  List<AkName> inactiveHolders(Instant now, int most) throws SQLException {
    return statements.all(row -> AkName.of(row.getBytes(1)), INACTIVE_HOLDERS, now, most);
  }

  /** The leaves of artifacts that stand although one that they were issued under, just above, is revoked. */
  List<Long> orphans(Instant now, int most) throws SQLException {
    return statements.any(ANY_DESCENT)
        ? statements.all(row -> row.getLong(1), ORPHANS, now, most)
        : List.of();
  }
}
