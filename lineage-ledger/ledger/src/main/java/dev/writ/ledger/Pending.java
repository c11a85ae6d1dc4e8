// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Leaf;
import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.tlog.Hash;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * An entry on its way. Whoever moves it on first wins: the writer, the signer, or its deadline.
 *
 * <pre>
 * WAITING ──take──▶ TAKEN ──committed──▶ COMMITTED ──answer──▶ ANSWERED
 *    └───────────────┴──────────answer, expire───────────────────▲
 * </pre>
 *
 * <p>It has its place in the ledger until the thread that has it lets it go, which may be long after its
 * deadline answered it; what it keeps until then is no more than what that thread needs.
 */
final class Pending implements Work {
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

  private final Hash leafHash;
  private final boolean isRevocation;
  private final long deadlineNanos;
  private final Answers answers;
  private final int position;
  private final Place place;
  private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WAITING);

  /** What is to be committed; once it is, its leaf alone; null once neither is needed. */
  private volatile @Nullable Entry entry;

  /**
   * An entry that waits.
   *
   * @param deadlineNanos on {@link System#nanoTime}'s scale
   * @param position where its outcome goes in {@code answers}
   */
  Pending(Entry entry, long deadlineNanos, Answers answers, int position, Place place) {
    this.entry = entry;
    this.leafHash = entry.leaf().hash();
    this.isRevocation = entry.leaf().body().withdraws();
    this.deadlineNanos = deadlineNanos;
    this.answers = answers;
    this.position = position;
    this.place = place;
  }

  /** Whether its leaf withdraws artifacts; also of one that is let go. */
  boolean isRevocation() {
    return isRevocation;
  }

  /** What is to be committed: for the writer, from {@link #take} until it commits or answers it. */
  Entry entry() {
    Entry taken = entry;
    if (taken == null) {
      throw new IllegalStateException("bug: an entry was read after it was answered");
    }
    return taken;
  }

  /** The leaf, as long as somebody waits for a receipt. */
  Optional<Leaf> leaf() {
    Entry kept = entry;
    return kept == null ? Optional.empty() : Optional.of(kept.leaf());
  }

  Hash leafHash() {
    return leafHash;
  }

  /** Takes it into a transaction; false if it is answered, and then it is let go. */
  boolean take() {
    boolean taken = stage.compareAndSet(Stage.WAITING, Stage.TAKEN);
    if (!taken) {
      letGo();
    }
    return taken;
  }

  /** Its transaction is durable: of the entry no more is kept than a receipt shows. */
  void committed() {
    Entry whole = entry;
    entry = whole == null ? null : Entry.of(whole.leaf());
    if (!stage.compareAndSet(Stage.TAKEN, Stage.COMMITTED)) {
      entry = null;
    }
  }

  /** Gives its outcome, unless it has one. */
  void answer(CommitOutcome outcome) {
    if (stage.getAndSet(Stage.ANSWERED) != Stage.ANSWERED) {
      answers.put(position, outcome);
    }
    entry = null;
  }

  /** Lets it go with its outcome, unless it has one. */
  void end(CommitOutcome outcome) {
    letGo();
    answer(outcome);
  }

  /** No thread has it any more: its place is another's. */
  void letGo() {
    entry = null;
    place.free();
  }

  @Override
  public boolean isAnswered() {
    return stage.get() == Stage.ANSWERED;
  }

  @Override
  public boolean isDue(long nanoTime) {
    return nanoTime - deadlineNanos >= 0;
  }

  /** Answers that it is unavailable, with what is then left behind. */
  @Override
  public void expire(String code, String message) {
    Stage seen = stage.getAndSet(Stage.ANSWERED);
    if (seen == Stage.ANSWERED) {
      return;
    }
    if (seen != Stage.TAKEN) {
      // Else the writer is at it.
      entry = null;
    }
    Reached reached =
        switch (seen) {
          case WAITING -> Reached.NOT_COMMITTED;
          case TAKEN -> Reached.UNKNOWN;
          case COMMITTED -> Reached.COMMITTED;
          case ANSWERED -> throw new IllegalStateException("bug: answered twice");
        };
    answers.put(position, new Unavailable(reached, code, message));
  }
}
