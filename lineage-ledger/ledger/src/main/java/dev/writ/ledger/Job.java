// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.SQLException;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A transaction of its own that the writer's thread makes between two batches: what changes state
 * without a leaf, or must be seen as of one moment. Its answer is given once the transaction is
 * durable; after a COMMIT that failed it is a failure, and whether the change was made is not known.
 *
 * <pre>
 * WAITING ──take──▶ TAKEN ──complete, fail──▶ ANSWERED
 *    └────────────────┴──────────expire──────────▲
 * </pre>
 */
final class Job<T> implements Work {
  private enum Stage {
    /** In the queue. */
    WAITING,
    /** In its transaction. */
    TAKEN,
    /** Its answer is given and never changes. */
    ANSWERED
  }

  /** What the transaction does between lock and COMMIT. */
  @FunctionalInterface
  interface Task<T> {
    /**
     * Reads and writes, nothing else.
     *
     * @param now the ledger's clock once the lock was held
     */
    T run(WriterSession writer, Instant now) throws SQLException, LedgerException;
  }

  private final String what;
  private final Task<T> task;
  private final long deadlineNanos;
  private final Place place;
  private final CompletableFuture<T> answer = new CompletableFuture<>();
  private final AtomicReference<Stage> stage = new AtomicReference<>(Stage.WAITING);

  /**
   * A job that waits.
   *
   * @param what "the … must be …", for the message of a failure
   * @param deadlineNanos on {@link System#nanoTime}'s scale
   */
  Job(String what, Task<T> task, long deadlineNanos, Place place) {
    this.what = what;
    this.task = task;
    this.deadlineNanos = deadlineNanos;
    this.place = place;
  }

  /** Completes exceptionally with a {@link LedgerException} alone. */
  CompletableFuture<T> answer() {
    return answer;
  }

  /** Takes it on the writer's thread; false if it is answered, and then its place is another's. */
  boolean take() {
    boolean taken = stage.compareAndSet(Stage.WAITING, Stage.TAKEN);
    if (!taken) {
      place.free();
    }
    return taken;
  }

  /**
   * Runs the task, once taken.
   *
   * @return gives the answer: to be called once the transaction is durable
   */
  Runnable run(WriterSession writer, Instant now) throws SQLException, LedgerException {
    T result = task.run(writer, now);
    return () -> {
      place.free();
      if (isFirst()) {
        answer.complete(result);
      }
    };
  }

  /** Answers that it failed, once taken. */
  void fail(String code, String message, @Nullable Throwable cause) {
    place.free();
    if (isFirst()) {
      answer.completeExceptionally(failure(code, message, cause));
    }
  }

  private boolean isFirst() {
    return stage.getAndSet(Stage.ANSWERED) != Stage.ANSWERED;
  }

  private LedgerException failure(String code, String message, @Nullable Throwable cause) {
    String text = what + ": " + message;
    return cause == null ? new LedgerException(code, text) : new LedgerException(code, text, cause);
  }

  @Override
  public boolean isAnswered() {
    return stage.get() == Stage.ANSWERED;
  }

  @Override
  public boolean isDue(long nanoTime) {
    return nanoTime - deadlineNanos >= 0;
  }

  @Override
  public void expire(String code, String message) {
    Stage seen = stage.getAndSet(Stage.ANSWERED);
    if (seen != Stage.ANSWERED) {
      String left = seen == Stage.TAKEN ? " (it may be done all the same)" : "";
      answer.completeExceptionally(failure(code, message + left, null));
    }
  }
}
