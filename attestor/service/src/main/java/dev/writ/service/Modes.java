// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.ledger.BreakglassUse;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.GovernanceMode;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.policy.Governance;
import dev.writ.tlog.Hash;
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

  /** What is in force, and what waits for its review. */
  private record Known(ModeInForce mode, List<BreakglassUse> unreviewed) {}

  private final Ledger ledger;
  private final InstantSource clock;
  private final Telemetry telemetry;
  private volatile Known known;

  @GuardedBy("this")
  private Governance.Mode told = Governance.Mode.NORMAL;

  @GuardedBy("this")
  private boolean toldOverdue;

  private Modes(Ledger ledger, InstantSource clock, Telemetry telemetry) throws LedgerException {
    this.ledger = ledger;
    this.clock = clock;
    this.telemetry = telemetry;
    this.known = new Known(mode(ModeInForce.NORMAL), ledger.unreviewedBreakglass());
  }

  /** Begins with what the ledger says. */
  static Modes open(Ledger ledger, InstantSource clock, Telemetry telemetry)
      throws LedgerException {
    Modes modes = new Modes(ledger, clock, telemetry);
    modes.tell();
    telemetry.watch(modes);
    return modes;
  }

  private ModeInForce mode(ModeInForce before) throws LedgerException {
    GovernanceMode state = ledger.governanceMode();
    if (state.equals(before.state())) {
      return before;
    }
    Optional<GovernanceMode.Breakglass> breakglass = state.breakglass();
    Optional<Hash> begun =
        breakglass.isPresent()
            ? Optional.of(LeafHashes.of(ledger, breakglass.get().begunBy()))
            : Optional.empty();
    return new ModeInForce(state, begun);
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

  /** Follows the ledger, where it has gone on. */
  void align() throws LedgerException {
    synchronized (this) {
      known = new Known(mode(known.mode()), ledger.unreviewedBreakglass());
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
