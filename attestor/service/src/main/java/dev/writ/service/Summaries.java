// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Writes one leaf a minute that sums up what was refused, if anything was. */
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

  /** Writes the leaf if the minute is over. */
  synchronized void writeIfDue() {
    Instant now = clock.instant();
    if (now.isBefore(from) || !now.isBefore(from.plus(EVERY))) {
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
    Map<Refusals.Kind, Long> counts = refusals.take();
    if (counts.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    List<RefusalCount> summed =
        counts.entrySet().stream()
            .map(
                count ->
                    new RefusalCount(
                        count.getKey().code(), count.getKey().reason(), count.getValue()))
            .toList();
    Leaf leaf =
        Leaf.of(
            now, UuidV7.next(clock, random), List.of(), new LeafBody.Summary(began, to, summed));
    return ledger.commit(Entry.of(leaf)).thenAccept(outcome -> written(outcome, began, counts));
  }

  private synchronized void written(
      CommitOutcome outcome, Instant began, Map<Refusals.Kind, Long> counts) {
    boolean kept =
        outcome instanceof CommitOutcome.Receipt
            || (outcome instanceof CommitOutcome.Unavailable unavailable
                && unavailable.reached() == Reached.COMMITTED);
    if (!kept) {
      refusals.add(counts);
      from = began;
    }
  }
}
