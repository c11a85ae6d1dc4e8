// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The mode of a service changed, or what was done in one was reviewed: leaves of the kind approval, beside
 * an invitation's and an operation's. That a freeze is lifted is an {@link OperationStep}.
 */
public sealed interface GovernanceStep extends LeafBody {
  /** The member by which such a leaf is told from others of its kind. */
  String EVENT = "event";

  /** The member that says what a freeze or an end revokes, and the word for it. */
  String REVOKES = "revokes";

  /** What a leaf is of that is of no freeze. */
  String BREAKGLASS = "breakglass";

  /** Who says so, and why. */
  GovernanceOrder order();

  /** {@code breakglass} or {@code freeze}. */
  String of();

  /** {@code begun}, {@code ended}, {@code reviewed} or {@code frozen}. */
  String event();

  @Override
  default LeafKind kind() {
    return LeafKind.APPROVAL;
  }

  /**
   * A grant was used.
   *
   * @param grant the whole of it, signatures and all
   * @param order by which it is used
   * @param ends first moment at which it is over, whole seconds
   * @param reviewBy first moment at which its review is overdue, whole seconds
   */
  record Begun(BreakglassGrant grant, GovernanceOrder order, Instant ends, Instant reviewBy)
      implements GovernanceStep {
    /**
     * The step as given.
     *
     * @throws IllegalArgumentException if the order is no use of the grant
     */
    public Begun {
      if (order.kind() != GovernanceOrder.Kind.USE
          || !order.grant().map(grant.digest()::equals).orElse(false)) {
        throw new InvalidValueException(
            "order", "a use of the grant beside it", order.kind().wire());
      }
      Require.wholeSecond("ends", ends);
      Require.wholeSecond("review_by", reviewBy);
    }

    @Override
    public String of() {
      return BREAKGLASS;
    }

    @Override
    public String event() {
      return "begun";
    }

    @Override
    public Map<String, Object> toMap() {
      Map<String, Object> map = members(this);
      map.put("grant", grant.toMap());
      map.put("ends", ends.getEpochSecond());
      map.put("review_by", reviewBy.getEpochSecond());
      return map;
    }
  }

  /**
   * A freeze, or the end or review of a break-glass.
   *
   * @param revokes whether what was issued under a break-glass and had not ended is revoked with it
   */
  record Ordered(GovernanceOrder order, boolean revokes) implements GovernanceStep {
    /**
     * The step as given.
     *
     * @throws IllegalArgumentException if the order is a use, which comes with its grant, or a review
     *     revokes
     */
    public Ordered {
      if (order.kind() == GovernanceOrder.Kind.USE) {
        throw new InvalidValueException("order", "no use, which stands beside its grant", "a use");
      }
      if (revokes && order.kind() == GovernanceOrder.Kind.REVIEW) {
        throw new InvalidValueException(REVOKES, "absent in a review", "there");
      }
    }

    /** The step of an order as this version takes it. */
    public static Ordered of(GovernanceOrder order) {
      return new Ordered(order, order.kind() != GovernanceOrder.Kind.REVIEW);
    }

    @Override
    public boolean withdraws() {
      return revokes;
    }

    /** {@link BreakglassGrant#digest} of what was ended or reviewed. */
    public Hash grant() {
      return order.grant().orElseThrow();
    }

    @Override
    public String of() {
      return order.kind() == GovernanceOrder.Kind.FREEZE ? "freeze" : BREAKGLASS;
    }

    @Override
    public String event() {
      return switch (order.kind()) {
        case FREEZE -> "frozen";
        case END -> "ended";
        case REVIEW -> "reviewed";
        case USE -> throw new IllegalStateException("bug: a use is no order by itself");
      };
    }

    @Override
    public Map<String, Object> toMap() {
      Map<String, Object> map = members(this);
      if (revokes) {
        map.put(REVOKES, BREAKGLASS);
      }
      return map;
    }
  }

  private static Map<String, Object> members(GovernanceStep step) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("of", step.of());
    map.put(EVENT, step.event());
    map.put("order", step.order().toMap());
    return map;
  }

  /** Takes a step's body from {@code json}. */
  static GovernanceStep take(JsonMembers json) throws MalformedJsonException {
    GovernanceOrder order = GovernanceOrder.take(json.object("order"));
    GovernanceStep step =
        order.kind() == GovernanceOrder.Kind.USE
            ? new Begun(
                BreakglassGrant.take(json.object("grant")),
                order,
                json.seconds("ends"),
                json.seconds("review_by"))
            : new Ordered(order, json.has(REVOKES));
    if (json.has(REVOKES)) {
      json.constant(REVOKES, BREAKGLASS);
    }
    json.constant("of", step.of());
    json.constant(EVENT, step.event());
    return step;
  }
}
