// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.OperationKind;
import dev.writ.artifact.OperationStep;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.OperationRecord;
import dev.writ.ledger.StateChange;
import dev.writ.tlog.Hash;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Operations as the ledger has them, and their steps as it is given them. */
final class OperationLedger {
  private final Ledger ledger;
  private final TrustFiles trust;
  private final Supplier<Hash> policyLeaf;
  private final InstantSource clock;
  private final SecureRandom random;

  OperationLedger(
      Ledger ledger,
      TrustFiles trust,
      Supplier<Hash> policyLeaf,
      InstantSource clock,
      SecureRandom random) {
    this.ledger = ledger;
    this.trust = trust;
    this.policyLeaf = policyLeaf;
    this.clock = clock;
    this.random = random;
  }

  /**
   * A clock that was set back would let ended approvals live. Whether it was, or was ahead before, is
   * asked by one kind of operation alone, which is judged by operators' own clocks.
   */
  void requireClock(OperationKind kind) throws LedgerException {
    if (kind == OperationKind.ACCEPT_CLOCK) {
      return;
    }
    requireClock(ledger, trust.newest().content().skew(), clock.instant());
  }

  /**
   * That the clock is not behind the ledger.
   *
   * @throws DeniedException if it is
   */
  static void requireClock(Ledger ledger, Duration skew, Instant now) throws LedgerException {
    Optional<Instant> newest = ledger.newestLeafTime();
    if (newest.isPresent() && now.plus(skew).isBefore(newest.get())) {
      throw new DeniedException(
          Denial.unavailable(
              "clock_set_back",
              "the clock must not be before the ledger's newest leaf of "
                  + newest.get()
                  + ", and is at "
                  + now
                  + ": set it right; if it is right it was ahead when that leaf was written, which"
                  + " operators say with writ keys accept-clock, or wait until then"));
    }
  }

  /** Refuses another proposal early, before a key is made for it; the ledger refuses it in any case. */
  void requireRoom(Optional<Hash> proposer) throws LedgerException {
    List<OperationRecord> open = ledger.openOperations();
    if (open.size() >= OperationRecord.MAX_OPEN) {
      throw new DeniedException(tooMany(CommitOutcome.Refusal.OPERATIONS_TOO_MANY));
    }
    if (open.stream().filter(each -> each.proposer().equals(proposer)).count()
        >= OperationRecord.MAX_OPEN_OF_PROPOSER) {
      throw new DeniedException(tooMany(CommitOutcome.Refusal.OPERATIONS_TOO_MANY_OF_PROPOSER));
    }
  }

  /** What was proposed under a digest and has not ended. */
  Proposal requireOpen(Hash digest) throws LedgerException {
    OperationRecord known =
        ledger
            .operation(digest)
            .orElseThrow(
                () ->
                    new DeniedException(
                        new Denial(
                            DenialCode.ARTIFACT_MISSING,
                            "operation_unknown",
                            "the operation must have been proposed here, and was not")));
    if (known.end().isPresent()) {
      throw new DeniedException(
          new Denial(
              DenialCode.REPLAYED,
              "operation_ended",
              "the operation must be open, and is "
                  + known.end().get().name().toLowerCase(Locale.ROOT)));
    }
    return Proposal.decode(known.document());
  }

  /** How many approve it, and how it ended if it has. */
  OperationRecord known(Hash digest) throws LedgerException {
    return ledger.operation(digest).orElseThrow();
  }

  /** Gives the ledger a step and what it changes. */
  CompletionStage<CommitOutcome> commit(OperationStep step, StateChange change) {
    Leaf leaf =
        Leaf.of(
            Instant.ofEpochMilli(clock.millis()),
            UuidV7.next(clock, random),
            List.of(policyLeaf.get()),
            step);
    return ledger.commit(Entry.of(leaf, change));
  }

  /** Why the ledger did not take a step. */
  static Denial refusal(CommitOutcome outcome) {
    if (outcome instanceof CommitOutcome.Unavailable unavailable) {
      return Denial.of(unavailable);
    }
    if (outcome instanceof CommitOutcome.Refused refused) {
      return refusal(refused.why());
    }
    throw new IllegalStateException("bug: an operation has no preconditions, yet got " + outcome);
  }

  private static Denial refusal(CommitOutcome.Refusal why) {
    return switch (why) {
      case OPERATIONS_TOO_MANY, OPERATIONS_TOO_MANY_OF_PROPOSER -> tooMany(why);
      case OPERATION_SUBJECT_BUSY ->
          new Denial(
              DenialCode.REPLAYED,
              reason(why),
              "no other operation on the same may be open, and one is: approve it, have its proposer"
                  + " withdraw it or let it end, see writ keys operations");
      case OPERATION_APPROVED ->
          new Denial(
              DenialCode.REPLAYED,
              reason(why),
              "what is withdrawn must have fewer approvals than it takes, and has enough: it is done");
      default ->
          new Denial(
              why == CommitOutcome.Refusal.OPERATION_EXPIRED
                  ? DenialCode.EXPIRED
                  : DenialCode.REPLAYED,
              reason(why),
              "the ledger must take it, and refused it: " + reason(why).replace('_', ' '));
    };
  }

  private static Denial tooMany(CommitOutcome.Refusal why) {
    boolean all = why == CommitOutcome.Refusal.OPERATIONS_TOO_MANY;
    return Denial.crowded(
        reason(why),
        "at most "
            + (all ? OperationRecord.MAX_OPEN : OperationRecord.MAX_OPEN_OF_PROPOSER)
            + " operations "
            + (all ? "" : "of one proposer ")
            + "may be open, and as many are: approve them, withdraw them with writ keys withdraw or"
            + " let them end, see writ keys operations");
  }

  private static String reason(CommitOutcome.Refusal why) {
    return why.name().toLowerCase(Locale.ROOT);
  }
}
