// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.tlog.Hash;
import java.util.concurrent.atomic.AtomicReference;

/**
 * An entry on its way. Whoever moves it on first wins: the writer, the signer, or its deadline.
 *
 * <pre>
 * WAITING ──take──▶ TAKEN ──committed──▶ COMMITTED ──answer──▶ ANSWERED
 *    └───────────────┴──────────answer, expire───────────────────▲
 * </pre>
 */
final class Pending {
  private enum Stage {
    /** In the queue. */
    WAITING,
    /** In the writer's transaction. */
    TAKEN,
    /** Durable, and no signed checkpoint covers it. */
    COMMITTED,
    /** Its outcome is given and never changes. */
    ANSWERED
  }

  private final Entry entry;
  private final byte[] leafBytes;
  private final Hash leafHash;
  private final long deadlineNanos;
  private final Answers answers;
  private final int place;
  private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WAITING);

  /**
   * An entry that waits.
   *
   * @param deadlineNanos on {@link System#nanoTime}'s scale
   * @param place where its outcome goes in {@code answers}
   */
  Pending(Entry entry, long deadlineNanos, Answers answers, int place) {
    this.entry = entry;
    this.leafBytes = entry.leaf().bytes();
    this.leafHash = entry.leaf().hash();
    this.deadlineNanos = deadlineNanos;
    this.answers = answers;
    this.place = place;
  }

  Entry entry() {
    return entry;
  }

  byte[] leafBytes() {
    return leafBytes;
  }

  Hash leafHash() {
    return leafHash;
  }

  /** Takes it into a transaction; false if it is answered. */
  boolean take() {
    return stage.compareAndSet(Stage.WAITING, Stage.TAKEN);
  }

  /** Its transaction is durable. */
  void committed() {
    stage.compareAndSet(Stage.TAKEN, Stage.COMMITTED);
  }

  /** Gives its outcome, unless it has one. */
  void answer(CommitOutcome outcome) {
    if (stage.getAndSet(Stage.ANSWERED) != Stage.ANSWERED) {
      answers.put(place, outcome);
    }
  }

  boolean isAnswered() {
    return stage.get() == Stage.ANSWERED;
  }

  boolean isDue(long nanoTime) {
    return nanoTime - deadlineNanos >= 0;
  }

  /** Answers that it is unavailable, with what is then left behind. */
  void expire(String code, String message) {
    Stage seen = stage.getAndSet(Stage.ANSWERED);
    if (seen == Stage.ANSWERED) {
      return;
    }
    Reached reached =
        switch (seen) {
          case WAITING -> Reached.NOT_COMMITTED;
          case TAKEN -> Reached.UNKNOWN;
          case COMMITTED -> Reached.COMMITTED;
          case ANSWERED -> throw new IllegalStateException("bug: answered twice");
        };
    answers.put(place, new Unavailable(reached, code, message));
  }
}
