// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.policy.PolicyDocument;
import dev.writ.tlog.Hash;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The policy in force, as this node has it. Whoever decides asks once and keeps what it got: a decision
 * is by one policy, whole.
 *
 * <p>The ledger says which is in force; a node follows it, its own publication as that of another node, by
 * reading what lies beside the leaf. That it has not yet followed harms nothing: no decision by an earlier
 * policy is committed. A policy that it cannot follow to ends what it decides; the one before is not
 * gone back to.
 */
final class Policies {
  private static final System.Logger LOGGER = System.getLogger(Policies.class.getName());

  /**
   * A policy that is in force no more, and artifacts of which may live.
   *
   * @param lifetime of its artifacts
   * @param at when it ended, or later
   */
  private record Ended(Duration lifetime, Instant at) {}

  private final Ledger ledger;
  private final TrustFiles trust;
  private final KeptPolicies kept;
  private final InstantSource clock;

  private volatile PolicyStanding standing;
  private volatile Runnable moved = () -> {};

  /** The trust file by which the standing was found; empty where it could not be. */
  @GuardedBy("this")
  private Optional<Long> judgedUnder;

  /** Whoever issues looks here: nobody waits while a policy is compiled. */
  private final List<Ended> ended = new CopyOnWriteArrayList<>();

  private Policies(Ledger ledger, TrustFiles trust, PolicyStanding first, InstantSource clock) {
    this.ledger = ledger;
    this.trust = trust;
    this.kept = new KeptPolicies(ledger, trust);
    this.clock = clock;
    this.standing = first;
    this.judgedUnder = Optional.of(trust.newest().content().version());
  }

  /**
   * Begins with what was found at the start.
   *
   * @param first of the newest epoch
   */
  static Policies open(Ledger ledger, TrustFiles trust, PolicyStanding first, InstantSource clock)
      throws LedgerException {
    Policies policies = new Policies(ledger, trust, first, clock);
    policies.rememberEnded();
    if (first instanceof PolicyStanding.Unusable unusable) {
      warn(unusable);
    }
    return policies;
  }

  private void rememberEnded() throws LedgerException {
    Instant now = clock.instant();
    for (long epoch = standing.epoch(); epoch > 1; epoch--) {
      Instant end = kept.began(ledger.policyEpoch(epoch).orElseThrow());
      if (!now.isBefore(end.plus(PolicyDocument.LONGEST_LIFETIME))) {
        return;
      }
      ended.add(new Ended(kept.lifetime(ledger.policyEpoch(epoch - 1).orElseThrow()), end));
    }
  }

  /** From here on this is done whenever another policy is followed. */
  void whenMoved(Runnable action) {
    moved = action;
  }

  /**
   * The policy to decide by.
   *
   * @throws DeniedException if there is none that could be
   */
  PolicyInForce inForce() {
    PolicyStanding now = standing;
    if (now instanceof PolicyStanding.Usable usable) {
      return usable.policy();
    }
    throw new DeniedException(((PolicyStanding.Unusable) now).why());
  }

  /**
   * The same, not before an epoch that another node has told of.
   *
   * @param epoch that a challenge of ours names
   */
  PolicyInForce inForceFrom(long epoch) throws LedgerException {
    if (standing.epoch() < epoch) {
      align();
    }
    return inForce();
  }

  /** Why nothing is decided; empty where it is. */
  Optional<Denial> unusable() {
    return standing instanceof PolicyStanding.Unusable unusable
        ? Optional.of(unusable.why())
        : Optional.empty();
  }

  /** Whether a rule may read {@code env.channel}. */
  boolean mayReadChannel() {
    return !(standing instanceof PolicyStanding.Usable usable)
        || usable.policy().policy().readsChannel();
  }

  /** The number of the newest policy that this node knows of. */
  long epoch() {
    return standing.epoch();
  }

  /** Its leaf, from which governance's other leaves come whether or not it can be decided by. */
  Hash leaf() {
    return standing.leaf();
  }

  /** The longest that an artifact lives which is issued now, or may still live. */
  Duration longestLifetime() {
    Instant now = clock.instant();
    ended.removeIf(each -> !now.isBefore(each.at().plus(each.lifetime())));
    Duration longest =
        standing instanceof PolicyStanding.Usable usable
            ? usable.policy().document().lifetime()
            : PolicyDocument.LONGEST_LIFETIME;
    for (Ended each : ended) {
      longest = longest.compareTo(each.lifetime()) < 0 ? each.lifetime() : longest;
    }
    return longest;
  }

  /** Follows the ledger, where it has gone on. */
  void align() throws LedgerException {
    if (followed()) {
      moved.run();
    }
  }

  private synchronized boolean followed() throws LedgerException {
    Optional<PolicyEpoch> newest = ledger.policyEpoch();
    if (newest.isEmpty() || newest.get().epoch() < standing.epoch()) {
      return false;
    }
    long version = trust.newest().content().version();
    boolean isNews =
        newest.get().epoch() > standing.epoch()
            || (standing instanceof PolicyStanding.Unusable
                && !judgedUnder.equals(Optional.of(version)));
    if (!isNews) {
      return false;
    }
    PolicyStanding before = standing;
    if (before instanceof PolicyStanding.Usable usable) {
      ended.add(new Ended(usable.policy().document().lifetime(), clock.instant()));
    }
    try {
      standing = kept.standing(newest.get());
      judgedUnder = Optional.of(version);
    } catch (LedgerException e) {
      // That there is a newer one is known: what it says is asked again.
      standing = new PolicyStanding.Unusable(newest.get().epoch(), before.leaf(), Denial.of(e));
      judgedUnder = Optional.empty();
    }
    boolean moves = !standing.equals(before);
    if (moves) {
      tell(standing);
    }
    return moves;
  }

  private static void tell(PolicyStanding now) {
    if (now instanceof PolicyStanding.Usable usable) {
      LOGGER.log(
          Level.INFO,
          "policy_in_force",
          LogFields.of("epoch", now.epoch(), "policy", usable.policy().document().id())
              .and("version", (long) usable.policy().document().version())
              .and("digest", usable.policy().digest().hex()));
    } else {
      warn((PolicyStanding.Unusable) now);
    }
  }

  private static void warn(PolicyStanding.Unusable unusable) {
    LOGGER.log(
        Level.WARNING,
        "policy_unusable",
        LogFields.of("epoch", unusable.epoch(), "reason", unusable.why().reason())
            .and("message", unusable.why().message()));
  }
}
