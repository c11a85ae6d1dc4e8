// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The mode of the service, as leaves made it. A break-glass ends by time, without a leaf; one that began
 * after the freeze in force overrides it for as long, and a freeze that comes later overrides the
 * break-glass. So of the two whichever was said last holds, and neither lifts the other.
 *
 * @param leafIndex the leaf that made it so; {@link #BEFORE_ANY} before the first
 * @param frozenBy the leaf of the freeze in force
 * @param breakglass what was begun last and not ended before its time
 */
public record GovernanceMode(
    long leafIndex, OptionalLong frozenBy, Optional<Breakglass> breakglass) {
  /** In place of an index while no leaf changed the mode. */
  public static final long BEFORE_ANY = -1;

  /** As it is before any leaf changed it. */
  public static final GovernanceMode NORMAL =
      new GovernanceMode(BEFORE_ANY, OptionalLong.empty(), Optional.empty());

  /**
   * A break-glass.
   *
   * @param grant digest of the grant that was used
   * @param begunBy the leaf that says so
   * @param ends first moment at which it is over
   */
  public record Breakglass(Hash grant, long begunBy, Instant ends) {
    /** Whether it is not over by time. */
    boolean lasts(Instant now) {
      return now.isBefore(ends);
    }
  }

  /** The break-glass that is in force at {@code now}. */
  public Optional<Breakglass> running(Instant now) {
    return breakglass.filter(
        begun ->
            begun.lasts(now) && (frozenBy.isEmpty() || begun.begunBy() > frozenBy.getAsLong()));
  }

  /** Whether it is frozen at {@code now}, and nothing overrides that. */
  public boolean isFrozen(Instant now) {
    return frozenBy.isPresent() && running(now).isEmpty();
  }

  GovernanceMode frozen(long index) {
    return new GovernanceMode(index, OptionalLong.of(index), breakglass);
  }

  GovernanceMode unfrozen(long index) {
    return new GovernanceMode(index, OptionalLong.empty(), breakglass);
  }

  GovernanceMode begun(long index, Hash grant, Instant ends) {
    return new GovernanceMode(index, frozenBy, Optional.of(new Breakglass(grant, index, ends)));
  }

  GovernanceMode ended(long index) {
    return new GovernanceMode(index, frozenBy, Optional.empty());
  }
}
