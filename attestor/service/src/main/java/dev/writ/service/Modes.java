// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.TrustContent;
import dev.writ.ledger.BreakglassUse;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.GovernanceMode;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.policy.Governance;
import dev.writ.service.PolicyStanding.Usable;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * The mode of the service, as this node has it, and the break-glasses that nobody reviewed. The ledger says
 * what it is and each node follows it; no decision under an earlier mode is committed. Whatever is not
 * {@code NORMAL} is told aloud: as it begins, at each allow under a break-glass, as it ends.
 */
final class Modes {
  private static final System.Logger LOGGER = System.getLogger(Modes.class.getName());

  /**
   * What is in force, and what waits for its review.
   *
   * @param state what the store says, whose break-glass may be none
   */
  private record Known(GovernanceMode state, ModeInForce mode, List<BreakglassUse> unreviewed) {
    boolean isBelieved() {
      return mode.state().equals(state);
    }
  }

  private static final Known NOTHING =
      new Known(GovernanceMode.NORMAL, ModeInForce.NORMAL, List.of());

  private final Ledger ledger;
  private final TrustFiles trust;
  private final KeptPolicies policies;
  private final InstantSource clock;
  private final Telemetry telemetry;
  private volatile Known known;
  private volatile Runnable moved = () -> {};

  @GuardedBy("this")
  private Governance.Mode told = Governance.Mode.NORMAL;

  @GuardedBy("this")
  private boolean toldOverdue;

  /** What was not believed last, and under which trust file. */
  @GuardedBy("this")
  private Optional<Disbelieved> disbelieved = Optional.empty();

  private record Disbelieved(GovernanceMode state, long trustVersion) {}

  private Modes(Ledger ledger, TrustFiles trust, InstantSource clock, Telemetry telemetry) {
    this.ledger = ledger;
    this.trust = trust;
    this.policies = new KeptPolicies(ledger, trust);
    this.clock = clock;
    this.telemetry = telemetry;
    this.known = NOTHING;
  }

  /** Begins with what the ledger says. */
  static Modes open(Ledger ledger, TrustFiles trust, InstantSource clock, Telemetry telemetry)
      throws LedgerException {
    Modes modes = new Modes(ledger, trust, clock, telemetry);
    modes.align();
    telemetry.watch(modes);
    return modes;
  }

  @GuardedBy("this")
  private Known read(Known before) throws LedgerException {
    GovernanceMode state = ledger.governanceMode();
    List<BreakglassUse> unreviewed = ledger.unreviewedBreakglass();
    // What was not believed may have been judged under a trust file that was the newest no more.
    return state.equals(before.state()) && before.isBelieved()
        ? new Known(state, before.mode(), unreviewed)
        : new Known(state, believed(state), unreviewed);
  }

  /** What of a state is believed: of a break-glass nothing but what its leaf proves. */
  @GuardedBy("this")
  private ModeInForce believed(GovernanceMode state) throws LedgerException {
    Optional<GovernanceMode.Breakglass> begun = state.breakglass();
    if (begun.isEmpty()) {
      return new ModeInForce(state, Optional.empty());
    }
    ModeInForce without =
        new ModeInForce(
            new GovernanceMode(state.leafIndex(), state.frozenBy(), Optional.empty()),
            Optional.empty());
    // What is over says nothing any more, and the trust file of then may be gone.
    if (state.running(Instant.ofEpochMilli(clock.millis())).isEmpty()) {
      return without;
    }
    // The newest by now: who signs is asked of no older one.
    trust.takeNewest();
    Disbelieved asked = new Disbelieved(state, trust.newest().content().version());
    if (disbelieved.equals(Optional.of(asked))) {
      return without;
    }
    Optional<Leaf> leaf = ledger.leaf(begun.get().begunBy());
    Optional<String> why =
        leaf.isEmpty()
            ? Optional.of("there is no such leaf")
            : OrderJudgement.contradiction(begun.get(), leaf.get());
    if (why.isEmpty()) {
      why = whyNotBegun(state, leaf.orElseThrow());
    }
    if (why.isEmpty()) {
      return new ModeInForce(state, Optional.of(leaf.orElseThrow().hash()));
    }
    disbelieved = Optional.of(asked);
    LOGGER.log(
        Level.ERROR,
        "breakglass_not_believed",
        LogFields.of("leaf_index", begun.get().begunBy(), "message", why.get()));
    return without;
  }

  private Optional<String> whyNotBegun(GovernanceMode state, Leaf leaf) throws LedgerException {
    long index = state.breakglass().orElseThrow().begunBy();
    Optional<PolicyEpoch> epoch = KeptPolicies.before(ledger, index);
    if (epoch.isEmpty() || !(policies.standing(epoch.get()) instanceof Usable usable)) {
      return Optional.of("the policy in force before it must be there and usable, and is not");
    }
    TrustContent then = trust.at(index);
    Optional<String> why =
        OrderJudgement.whyNotBegun(
            state, leaf, usable.policy().leaf(), usable.policy().document().breakglass(), then);
    if (why.isPresent() || !(leaf.body() instanceof GovernanceStep.Begun step)) {
      return why;
    }
    // One order is good for ten minutes: whoever has no other signed finds no earlier use than
    // these.
    return OrderJudgement.usedBefore(ledger, index, step, step.order().given().minus(then.skew()));
  }

  /** The mode to decide under: whoever decides asks once and keeps what it got. */
  ModeInForce inForce() {
    return known.mode();
  }

  /** What rules see now. */
  Governance.Mode now() {
    return inForce().at(Instant.ofEpochMilli(clock.millis()));
  }

  /** Whether a review of a break-glass should have been, and was not. */
  boolean isReviewOverdue() {
    Instant now = clock.instant();
    return known.unreviewed().stream().anyMatch(use -> use.isOverdue(now));
  }

  /** What whoever runs the service is to know; empty where there is nothing. */
  Optional<String> notice() {
    Instant now = Instant.ofEpochMilli(clock.millis());
    StringBuilder words = new StringBuilder();
    ModeInForce mode = inForce();
    switch (mode.at(now)) {
      case NORMAL -> {}
      case FROZEN -> words.append("FROZEN by leaf ").append(mode.state().frozenBy().orElseThrow());
      case BREAKGLASS ->
          words
              .append("BREAK-GLASS by leaf ")
              .append(mode.running(now).orElseThrow().begunBy())
              .append(" until ")
              .append(mode.running(now).orElseThrow().ends());
    }
    for (BreakglassUse use : known.unreviewed()) {
      words
          .append(words.isEmpty() ? "" : "; ")
          .append("the break-glass of leaf ")
          .append(use.leafIndex())
          .append(use.isOverdue(now) ? " should have been reviewed by " : " is to be reviewed by ")
          .append(use.reviewBy())
          .append(use.isOverdue(now) ? ": OVERDUE, no other begins" : "");
    }
    return words.isEmpty() ? Optional.empty() : Optional.of(words.toString());
  }

  /**
   * Calls {@code moved} whenever another mode was found in the ledger, whoever put it there: what was issued
   * in the one before may be revoked with it.
   */
  void whenMoved(Runnable moved) {
    this.moved = moved;
  }

  /** Follows the ledger, where it has gone on. */
  void align() throws LedgerException {
    boolean another;
    synchronized (this) {
      Known before = known;
      known = read(before);
      another = !known.state().equals(before.state());
    }
    if (another) {
      moved.run();
    }
    tell();
  }

  /** The same each second: what cannot be read is told by readiness. */
  void follow() {
    try {
      align();
    } catch (LedgerException e) {
      // Nothing is committed that was decided under an earlier mode. One that ends by time is told.
      tell();
    }
  }

  private synchronized void tell() {
    Governance.Mode now = now();
    if (now != told) {
      if (told == Governance.Mode.BREAKGLASS) {
        LOGGER.log(Level.WARNING, "breakglass_ended", LogFields.of("mode", now.name()));
      }
      Level level = now == Governance.Mode.NORMAL ? Level.INFO : Level.WARNING;
      LOGGER.log(
          level,
          "governance_mode",
          LogFields.of("mode", now.name(), "message", notice().orElse("as usual")));
      told = now;
    }
    boolean overdue = isReviewOverdue();
    if (overdue && !toldOverdue) {
      LOGGER.log(
          Level.WARNING, "breakglass_review_overdue", LogFields.of("message", notice().orElse("")));
    }
    toldOverdue = overdue;
  }

  /** An artifact was issued: under a break-glass that is told, each time. */
  void allowed(Judgement.Granted granted, CommitOutcome.Receipt receipt) {
    Grounds grounds = granted.grounds();
    grounds
        .policy()
        .mode()
        .running(grounds.decided())
        .ifPresent(
            begun -> {
              telemetry.allowedUnderBreakglass();
              LOGGER.log(
                  Level.WARNING,
                  "breakglass_allow",
                  LogFields.of("decision_id", receipt.leaf().id().toString())
                      .and("leaf_index", receipt.index())
                      .and("begun_by", begun.begunBy()));
            });
  }
}
