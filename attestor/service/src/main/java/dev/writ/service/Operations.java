// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the service is asked, from the question to the answer: counted, so that a close can wait for
 * it, and always answered by an outcome, whatever failed on the way.
 */
final class Operations {
  static final Denial CLOSING =
      Denial.unavailable("closing", "the service must be running, and is ending; ask another");

  @GuardedBy("this")
  private int underWay;

  @GuardedBy("this")
  private boolean closing;

  /**
   * Begins an operation.
   *
   * @param step what the service is doing, for the log
   * @param work its stages; one that is denied underway ends in a {@link DeniedException}
   * @param denied makes the outcome of a denial
   * @return completes with an outcome, never exceptionally
   */
  <T> CompletionStage<T> begin(
      String step, Supplier<? extends CompletionStage<T>> work, Function<Denial, T> denied) {
    synchronized (this) {
      if (closing) {
        return CompletableFuture.completedFuture(denied.apply(CLOSING));
      }
      underWay++;
    }
    CompletionStage<T> stages;
    try {
      stages = work.get();
    } catch (RuntimeException e) {
      stages = CompletableFuture.failedFuture(e);
    }
    return stages.handle(
        (outcome, failure) -> {
          ended();
          return failure == null ? outcome : denied.apply(denial(step, failure));
        });
  }

  private synchronized void ended() {
    underWay--;
    if (underWay == 0) {
      notifyAll();
    }
  }

  private static Denial denial(String step, Throwable failure) {
    Throwable cause = cause(failure);
    if (cause instanceof DeniedException denied) {
      return denied.denial();
    }
    Defect.log(step, cause);
    return Defect.DENIAL;
  }

  /** Stages wrap what stages before them threw. */
  static Throwable cause(Throwable failure) {
    @Nullable Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause == null ? failure : cause;
  }

  /**
   * Lets nothing new begin, and waits for what has.
   *
   * @return whether all of it ended in time
   */
  synchronized boolean drain(Duration patience) throws InterruptedException {
    closing = true;
    long end = System.nanoTime() + patience.toNanos();
    while (underWay > 0) {
      long left = (end - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }
}
