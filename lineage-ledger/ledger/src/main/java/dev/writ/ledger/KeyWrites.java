// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.ledger.CommitOutcome.Refusal;
import dev.writ.ledger.StateChange.SetKey;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Changes of the service's keys, made as {@link StateWrites} says.
 *
 * <pre>
 * new ──▶ PREPUBLISHED ──▶ ACTIVE ──▶ RETIRING ──▶ RETIRED ──▶ DESTROYED
 *     └──────────────────────▲
 *         PREPUBLISHED ──▶ RETIRED, DESTROYED      all ──▶ COMPROMISED
 * </pre>
 */
final class KeyWrites {
  private static final Set<KeyState> FIRST = EnumSet.of(KeyState.PREPUBLISHED, KeyState.ACTIVE);

  private static final String INTRODUCE =
      "INSERT INTO signing_key (kid, role, state, not_before, not_after, leaf_index,"
          + " activated_index, ended_index) VALUES (?, ?, ?, ?, ?, ?, ?, NULL)"
          + " ON CONFLICT DO NOTHING RETURNING leaf_index";

  private static final String ACTIVE_OF_ROLE =
      "SELECT kid FROM signing_key WHERE role = ? AND state = 'ACTIVE' AND kid <> ?";
  private static final String IS_ACTIVE =
      "SELECT kid FROM signing_key WHERE kid = ? AND state = 'ACTIVE'";

  private final Statements statements;
  private final StateReads reads;

  KeyWrites(Statements statements) {
    this.statements = statements;
    this.reads = new StateReads(statements);
  }

  /** The states that one may follow; itself, with another window, unless it is the last. */
  private static Set<KeyState> before(KeyState next) {
    return switch (next) {
      case PREPUBLISHED -> EnumSet.of(KeyState.PREPUBLISHED);
      case ACTIVE -> EnumSet.of(KeyState.PREPUBLISHED, KeyState.ACTIVE);
      case RETIRING -> EnumSet.of(KeyState.ACTIVE, KeyState.RETIRING);
      case RETIRED -> EnumSet.of(KeyState.PREPUBLISHED, KeyState.RETIRING, KeyState.RETIRED);
      case DESTROYED -> EnumSet.of(KeyState.PREPUBLISHED, KeyState.RETIRED, KeyState.DESTROYED);
      case COMPROMISED -> EnumSet.complementOf(EnumSet.of(KeyState.COMPROMISED));
    };
  }

  /** Whether a key of one state may be given the next. */
  static boolean mayFollow(KeyState known, KeyState next) {
    return before(next).contains(known);
  }

  /** The statement that gives a state to a key whose state it may follow. */
  private static String succeed(KeyState next) {
    String states =
        before(next).stream().map(state -> "'" + state + "'").collect(Collectors.joining(", "));
    return "UPDATE signing_key SET"
        + (next == KeyState.ACTIVE
            ? " activated_index = COALESCE(activated_index, ?),"
            : " ended_index = CASE WHEN state = 'ACTIVE' THEN ? ELSE ended_index END,")
        + " state = ?, not_before = ?, not_after = ?, leaf_index = ?"
        + " WHERE kid = ? AND role = ? AND state IN ("
        + states
        + ")";
  }

  Optional<Refusal> set(SetKey key, long index) throws SQLException {
    if (statements.update(
            succeed(key.state()),
            index,
            key.state(),
            key.notBefore(),
            key.notAfter(),
            index,
            key.kid(),
            key.role())
        == 1) {
      return Optional.empty();
    }
    Optional<SigningKey> known = reads.key(key.kid());
    if (known.isEmpty()) {
      return introduce(key, index);
    }
    if (known.get().state() == KeyState.COMPROMISED) {
      return Optional.of(Refusal.KEY_COMPROMISED);
    }
    return Optional.of(
        known.get().role() == key.role() ? Refusal.KEY_STATE_ORDER : Refusal.KEY_ROLE_FIXED);
  }

  private Optional<Refusal> introduce(SetKey key, long index) throws SQLException {
    boolean active = key.state() == KeyState.ACTIVE;
    boolean made =
        FIRST.contains(key.state())
            && statements.any(
                INTRODUCE,
                key.kid(),
                key.role(),
                key.state(),
                key.notBefore(),
                key.notAfter(),
                index,
                active ? Optional.of(index) : Optional.empty());
    return made ? Optional.empty() : Optional.of(Refusal.KEY_UNKNOWN);
  }

  /**
   * Whether a key that was made active is the only one of its role; looked at once all changes of an entry
   * are made, so that their order is free. A checkpoint has two keys: there it is not judged.
   */
  Optional<Refusal> alone(SetKey key) throws SQLException {
    boolean second =
        key.state() == KeyState.ACTIVE
            && key.role() != KeyRole.CHECKPOINT
            && statements.any(IS_ACTIVE, key.kid())
            && statements.any(ACTIVE_OF_ROLE, key.role(), key.kid());
    return second ? Optional.of(Refusal.KEY_ROLE_OCCUPIED) : Optional.empty();
  }
}
