// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.Operation;
import dev.writ.hsm.Cryptoperiod;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.OperationEnd;
import dev.writ.ledger.OperationRecord;
import dev.writ.ledger.SigningKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Prepares the next key of a role when the inventory says that its time has come, and puts the rotation
 * before operators. It approves nothing: what nobody approves ends, and is proposed again. What operators
 * withdrew is not, until it would have ended: they may have made room for another change.
 */
final class RotationSchedule {
  /** How long operators have. */
  static final Duration VALIDITY = Duration.ofDays(7);

  /** After which verifiers have this long to follow. */
  static final Duration LEAD = Duration.ofHours(1);

  /** A proposal that was refused, as while another is open, is not made again each second. */
  private static final Duration PAUSE = Duration.ofMinutes(10);

  /** Among which one that was withdrawn is looked for: far more than a week's. */
  private static final int MOST_OPERATIONS = 100;

  private final Ledger ledger;
  private final DualControl control;
  private final Function<KeyRole, Cryptoperiod> cryptoperiods;
  private final InstantSource clock;
  private Instant next = Instant.MIN;

  /** The role that was proposed last comes last: one that nobody approves must not keep others waiting. */
  private final List<KeyRole> inTurn = new ArrayList<>(List.of(KeyRole.values()));

  RotationSchedule(
      Ledger ledger,
      DualControl control,
      Function<KeyRole, Cryptoperiod> cryptoperiods,
      InstantSource clock) {
    this.ledger = ledger;
    this.control = control;
    this.cryptoperiods = cryptoperiods;
    this.clock = clock;
  }

  /**
   * Proposes what is due; on the thread of the chores alone.
   *
   * @return the role whose rotation is proposed
   */
  @CanIgnoreReturnValue
  Optional<KeyRole> proposeIfDue() {
    Instant now = clock.instant();
    if (now.isBefore(next)) {
      return Optional.empty();
    }
    try {
      for (KeyRole role : List.copyOf(inTurn)) {
        Optional<Duration> every = cryptoperiods.apply(role).rotation();
        if (every.isPresent() && isDue(role, now.minus(every.get()))) {
          next = now.plus(PAUSE);
          if (isWithdrawn(role, now)) {
            continue;
          }
          inTurn.remove(role);
          inTurn.add(role);
          var unused =
              control
                  .prepare(new ChangeRequest.Rotate(role, LEAD), VALIDITY)
                  .thenAccept(outcome -> told(role, outcome));
          return Optional.of(role);
        }
      }
    } catch (LedgerException e) {
      next = now.plus(PAUSE);
      log(
          System.Logger.Level.WARNING,
          "the schedule of keys must be read, and was not: " + e.getMessage());
    }
    return Optional.empty();
  }

  /** Whether operators took back what was proposed without a proposer, and its time is not over. */
  private boolean isWithdrawn(KeyRole role, Instant now) throws LedgerException {
    for (OperationRecord each : ledger.operations(MOST_OPERATIONS)) {
      if (each.end().equals(Optional.of(OperationEnd.WITHDRAWN))
          && each.proposer().isEmpty()
          && now.isBefore(each.expires())
          && Proposal.decode(each.document()).operation().change()
              instanceof Operation.RotateKey rotate
          && rotate.role() == role) {
        return true;
      }
    }
    return false;
  }

  private boolean isDue(KeyRole role, Instant before) throws LedgerException {
    boolean due = false;
    for (SigningKey key : ledger.keys()) {
      if (key.role() == role && key.state() == KeyState.PREPUBLISHED) {
        return false;
      }
      due |=
          key.role() == role && key.state() == KeyState.ACTIVE && !key.notBefore().isAfter(before);
    }
    return due && ledger.openOperations().stream().noneMatch(RotationSchedule::isOwn);
  }

  /** The service proposes one at a time. */
  private static boolean isOwn(OperationRecord open) {
    return open.proposer().isEmpty()
        && Proposal.decode(open.document()).operation().change() instanceof Operation.RotateKey;
  }

  private static void told(KeyRole role, DualControl.Outcome outcome) {
    if (outcome instanceof DualControl.Outcome.Open open) {
      log(
          System.Logger.Level.INFO,
          "a rotation of the "
              + role.wire()
              + " key is prepared and waits for operators: writ approve "
              + open.proposal().operation().digest().hex());
    } else if (outcome instanceof DualControl.Outcome.Denied denied) {
      log(
          System.Logger.Level.WARNING,
          "a rotation of the "
              + role.wire()
              + " key is due, and could not be prepared: "
              + denied.denial().message());
    }
  }

  private static void log(System.Logger.Level level, String message) {
    System.getLogger(RotationSchedule.class.getName()).log(level, message);
  }
}
