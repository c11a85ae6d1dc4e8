// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.artifact.Commitment;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RefusalCount;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Writes one leaf a minute that sums up what was refused, if anything was: at the minute's end by the
 * clock, so that who knows when something was refused knows where to look for its leaf.
 */
final class Summaries {
  static final Duration EVERY = Duration.ofMinutes(1);

  private final Refusals refusals;
  private final Ledger ledger;
  private final InstantSource clock;
  private final SecureRandom random;

  @GuardedBy("this")
  private Instant from;

  Summaries(Refusals refusals, Ledger ledger, InstantSource clock, SecureRandom random) {
    this.refusals = refusals;
    this.ledger = ledger;
    this.clock = clock;
    this.random = random;
    this.from = Instant.ofEpochMilli(clock.millis());
  }

  /** When the leaf is due of what was refused at a time. */
  static Instant endOf(Instant time) {
    return time.truncatedTo(ChronoUnit.MINUTES).plus(EVERY);
  }

  /** Writes the leaf if the minute is over. */
  synchronized void writeIfDue() {
    Instant now = clock.instant();
    if (now.isBefore(from) || !now.isBefore(endOf(from))) {
      var unused = write();
    }
  }

  /**
   * Writes the leaf of what was counted until now, if anything was. What the ledger does not take is
   * counted again, for the next.
   *
   * @return completes, never exceptionally, when it is durable or was given back
   */
  synchronized CompletionStage<Void> write() {
    // Of a clock that fell back, the span between the two times that it showed.
    Instant now = Instant.ofEpochMilli(clock.millis());
    boolean behind = now.isBefore(from);
    Instant began = behind ? now : from;
    Instant end = behind ? from : now;
    // Where it stood still: a time span has a length.
    Instant to = end.isAfter(began) ? end : began.plusMillis(1);
    from = behind ? now : to;
    Refusals.Refused refused = refusals.take();
    if (refused.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    return ledger
        .commit(entry(now, began, to, refused))
        .thenAccept(outcome -> written(outcome, began, refused));
  }

  private Entry entry(Instant now, Instant from, Instant to, Refusals.Refused refused) {
    List<RefusalCount> summed =
        refused.counts().entrySet().stream()
            .map(
                count ->
                    new RefusalCount(
                        count.getKey().code(), count.getKey().reason(), count.getValue()))
            .toList();
    Leaf leaf =
        Leaf.of(now, UuidV7.next(clock, random), List.of(), new LeafBody.Summary(from, to, summed));
    return refused.listed().isEmpty()
        ? Entry.of(leaf)
        : Entry.of(leaf)
            .withPayload(
                ListedRefusals.toJson(
                    refused, Commitment.newSalt(random), Commitment.newSalt(random)));
  }

  private synchronized void written(
      CommitOutcome outcome, Instant began, Refusals.Refused refused) {
    boolean kept =
        outcome instanceof CommitOutcome.Receipt
            || (outcome instanceof CommitOutcome.Unavailable unavailable
                && unavailable.reached() == Reached.COMMITTED);
    if (!kept) {
      refusals.giveBack(refused);
      from = began;
    }
  }
}
