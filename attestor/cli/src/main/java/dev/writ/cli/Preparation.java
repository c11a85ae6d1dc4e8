// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** What the demo makes beside its story, and what it has to end: the newest first. */
final class Preparation implements AutoCloseable {
  @GuardedBy("this")
  private final Deque<AutoCloseable> owned = new ArrayDeque<>();

  @GuardedBy("this")
  private boolean closed;

  /**
   * What was made, and how long that took.
   *
   * @param value it
   * @param millis the time
   */
  record Timed<T>(T value, long millis) {}

  /** Something that is being made. */
  record Begun<T>(CompletableFuture<Timed<T>> future) {
    /** Waits for it; what went wrong is thrown here. */
    Timed<T> await() throws Exception {
      try {
        return future.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof Exception failure) {
          throw failure;
        }
        throw e;
      }
    }
  }

  /** Begins to make something on a thread of its own. */
  <T> Begun<T> begin(DemoReport.Action<T> action) {
    CompletableFuture<Timed<T>> future = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              long start = System.nanoTime();
              try {
                T value = action.perform();
                future.complete(
                    new Timed<>(value, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)));
              } catch (Throwable e) {
                future.completeExceptionally(e);
              }
            },
            "demo-preparation");
    thread.setDaemon(true);
    thread.start();
    return new Begun<>(future);
  }

  /** Ends {@code made} when this is closed; at once, if it was. */
  @CanIgnoreReturnValue
  synchronized <T extends AutoCloseable> T own(T made) throws Exception {
    if (closed) {
      made.close();
    } else {
      owned.push(made);
    }
    return made;
  }

  @Override
  public synchronized void close() {
    closed = true;
    while (!owned.isEmpty()) {
      try {
        owned.pop().close();
      } catch (Exception e) {
        System.err.println("writ: the demo could not end a part of it: " + e.getMessage());
      }
    }
  }
}
