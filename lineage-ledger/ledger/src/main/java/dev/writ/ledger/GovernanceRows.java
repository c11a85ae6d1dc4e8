// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.GovernanceChange.Begin;
import dev.writ.ledger.GovernanceChange.End;
import dev.writ.ledger.GovernanceChange.Freeze;
import dev.writ.ledger.GovernanceChange.Review;
import dev.writ.ledger.GovernanceChange.Unfreeze;
import dev.writ.tlog.Hash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The tables of modes and of grants that were used, their changes made as {@link StateWrites} says. */
final class GovernanceRows {
  /** Most uses that are read at once. */
  static final int MOST_USES = 1000;

  private static final String MODE =
      "SELECT leaf_index, frozen_by, grant_digest, begun_by, ends FROM governance_mode";
  private static final String NEWEST = MODE + " ORDER BY leaf_index DESC LIMIT 1";
  private static final String ALL = MODE + " ORDER BY leaf_index";
  private static final String NEWEST_INDEX = "SELECT MAX(leaf_index) FROM governance_mode";
  private static final String PUT =
      "INSERT INTO governance_mode (leaf_index, frozen_by, grant_digest, begun_by, ends, order_digest)"
          + " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING leaf_index";
  private static final String USE =
      "SELECT grant_digest, leaf_index, used_by, ends, review_by, ended_by, reviewed_by FROM breakglass";
  private static final String USE_OF = USE + " WHERE grant_digest = ?";
  private static final String NEWEST_USES = USE + " ORDER BY leaf_index DESC LIMIT ?";
  private static final String UNREVIEWED =
      USE + " WHERE reviewed_by IS NULL ORDER BY leaf_index LIMIT ?";
  private static final String USE_ONCE =
      "INSERT INTO breakglass (grant_digest, leaf_index, used_by, ends, review_by)"
          + " SELECT ?, ?, ?, ?, ? WHERE NOT EXISTS"
          + " (SELECT 1 FROM breakglass WHERE reviewed_by IS NULL AND (review_by <= ?"
          + " OR review_by <= (SELECT newest_time FROM tree_head WHERE id = 1)))"
          + " ON CONFLICT DO NOTHING RETURNING leaf_index";
  private static final String END =
      "UPDATE breakglass SET ended_by = ? WHERE grant_digest = ? AND ended_by IS NULL";
  private static final String REVIEW =
      "UPDATE breakglass SET reviewed_by = ? WHERE grant_digest = ? AND reviewed_by IS NULL"
          + " AND used_by <> ? AND (ended_by IS NOT NULL OR ends <= ? OR EXISTS"
          + " (SELECT 1 FROM breakglass later WHERE later.leaf_index > breakglass.leaf_index))";

  private final Statements statements;

  GovernanceRows(Statements statements) {
    this.statements = statements;
  }

  /** The leaf that changed the mode last. */
  long newestIndex() throws SQLException {
    return statements
        .first(row -> Statements.number(row, 1), NEWEST_INDEX)
        .orElseGet(OptionalLong::empty)
        .orElse(GovernanceMode.BEFORE_ANY);
  }

  GovernanceMode mode() throws SQLException {
    return statements.first(GovernanceRows::mode, NEWEST).orElse(GovernanceMode.NORMAL);
  }

  /** All modes, one for each leaf that changed it, in order. */
  List<GovernanceMode> modes() throws SQLException {
    return statements.all(GovernanceRows::mode, ALL);
  }

  Optional<BreakglassUse> use(Hash grant) throws SQLException {
    return statements.first(GovernanceRows::use, USE_OF, grant);
  }

  /** The newest uses, newest first. */
  List<BreakglassUse> uses() throws SQLException {
    return statements.all(GovernanceRows::use, NEWEST_USES, MOST_USES);
  }

  /** Those that nobody reviewed, oldest first. */
  List<BreakglassUse> unreviewed() throws SQLException {
    return statements.all(GovernanceRows::use, UNREVIEWED, MOST_USES);
  }

  /** Makes a change for the entry at {@code index}, whose leaf is of {@code time}. */
  Optional<Refusal> make(GovernanceChange change, long index, Instant time) throws SQLException {
    GovernanceMode before = mode();
    if (change instanceof Freeze freeze) {
      return before.isFrozen(time)
          ? Optional.of(Refusal.ALREADY_FROZEN)
          : close(before.frozen(index), time, freeze.order());
    } else if (change instanceof Unfreeze unfreeze) {
      return before.frozenBy().equals(OptionalLong.of(unfreeze.freeze()))
          ? put(before.unfrozen(index), Optional.empty())
          : Optional.of(Refusal.FREEZE_NOT_IN_FORCE);
    } else if (change instanceof Begin begin) {
      return begin(begin, before, index, time);
    } else if (change instanceof End end) {
      return end(end, before, index, time);
    }
    return review((Review) change, index, time);
  }

  private Optional<Refusal> put(GovernanceMode mode, Optional<Hash> order) throws SQLException {
    boolean made =
        statements.any(
            PUT,
            mode.leafIndex(),
            nullable(mode.frozenBy()),
            mode.breakglass().map(GovernanceMode.Breakglass::grant),
            mode.breakglass().map(GovernanceMode.Breakglass::begunBy),
            mode.breakglass().map(GovernanceMode.Breakglass::ends),
            order);
    return made ? Optional.empty() : Optional.of(Refusal.ORDER_TAKEN);
  }

  private static Optional<Long> nullable(OptionalLong number) {
    return number.isPresent() ? Optional.of(number.getAsLong()) : Optional.empty();
  }

  private Optional<Refusal> begin(Begin begin, GovernanceMode before, long index, Instant time)
      throws SQLException {
    if (!before.frozenBy().equals(begin.overFreeze())) {
      return Optional.of(Refusal.FREEZE_NOT_NAMED);
    }
    boolean made =
        statements.any(
            USE_ONCE, begin.grant(), index, begin.usedBy(), begin.ends(), begin.reviewBy(), time);
    if (made) {
      return put(before.begun(index, begin.grant(), begin.ends()), Optional.empty());
    }
    return Optional.of(
        use(begin.grant()).isPresent() ? Refusal.GRANT_USED : Refusal.REVIEW_OVERDUE);
  }

  private Optional<Refusal> end(End end, GovernanceMode before, long index, Instant time)
      throws SQLException {
    boolean lasts =
        before
            .breakglass()
            .filter(begun -> begun.grant().equals(end.grant()) && begun.lasts(time))
            .isPresent();
    if (!lasts || statements.update(END, index, end.grant()) != 1) {
      return Optional.of(
          use(end.grant()).isPresent() ? Refusal.BREAKGLASS_OVER : Refusal.GRANT_UNKNOWN);
    }
    return close(before.ended(index), time, end.order());
  }

  /** A mode in which no break-glass is in force any more. */
  private Optional<Refusal> close(GovernanceMode mode, Instant time, Hash order)
      throws SQLException {
    Optional<Refusal> refusal = put(mode, Optional.of(order));
    if (refusal.isEmpty()) {
      new BreakglassArtifacts(statements).revoke(mode.leafIndex(), time);
    }
    return refusal;
  }

  private Optional<Refusal> review(Review review, long index, Instant time) throws SQLException {
    if (statements.update(REVIEW, index, review.grant(), review.reviewer(), time) == 1) {
      return Optional.empty();
    }
    Optional<BreakglassUse> known = use(review.grant());
    if (known.isEmpty()) {
      return Optional.of(Refusal.GRANT_UNKNOWN);
    } else if (known.get().reviewedBy().isPresent()) {
      return Optional.of(Refusal.ALREADY_REVIEWED);
    }
    return Optional.of(
        known.get().usedBy().equals(review.reviewer())
            ? Refusal.REVIEWER_IS_USER
            : Refusal.BREAKGLASS_NOT_OVER);
  }

  private static GovernanceMode mode(ResultSet row) throws SQLException {
    OptionalLong begunBy = Statements.number(row, 4);
    return new GovernanceMode(
        row.getLong(1),
        Statements.number(row, 2),
        begunBy.isPresent()
            ? Optional.of(
                new GovernanceMode.Breakglass(
                    Statements.hash(row, 3), begunBy.getAsLong(), Statements.time(row, 5)))
            : Optional.empty());
  }

  private static BreakglassUse use(ResultSet row) throws SQLException {
    return new BreakglassUse(
        Statements.hash(row, 1),
        row.getLong(2),
        Statements.hash(row, 3),
        Statements.time(row, 4),
        Statements.time(row, 5),
        Statements.number(row, 6),
        Statements.number(row, 7));
  }
}
