// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.LedgerException;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Named threads with a bounded queue. Work that finds it full, or that waited too long to be still
 * worth its while, ends in {@code overloaded}: who asks more than the service can do learns it at once
 * and costs nothing.
 */
final class WorkPool implements AutoCloseable {
  static final Denial OVERLOADED =
      Denial.overloaded(
          "overloaded", "the service must keep up with what it is asked, and cannot; ask later");

  /** Ends, by one of the two ways, on a thread of the pool. */
  @FunctionalInterface
  interface Work<T> {
    T get() throws LedgerException;
  }

  private static final long MIN_REAP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final String name;
  private final long deadlineNanos;
  private final ThreadPoolExecutor threads;
  private final ScheduledExecutorService reaper;
  private final LongAdder overloaded = new LongAdder();

  WorkPool(String name, Limits.Pool limits) {
    this.name = name;
    this.deadlineNanos = limits.deadline().toNanos();
    AtomicInteger number = new AtomicInteger();
    this.reaper =
        Executors.newSingleThreadScheduledExecutor(
            task -> daemon(task, "writ-" + name + "-deadlines"));
    this.threads =
        new ThreadPoolExecutor(
            limits.threads(),
            limits.threads(),
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(limits.queue()),
            task -> daemon(task, "writ-" + name + "-" + number.incrementAndGet())) {
          @Override
          protected void terminated() {
            reaper.shutdownNow();
          }
        };
    long wait = Math.max(MIN_REAP_NANOS, deadlineNanos / 4);
    var unused = reaper.scheduleWithFixedDelay(this::reap, wait, wait, TimeUnit.NANOSECONDS);
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** What it is called in metrics. */
  String name() {
    return name;
  }

  /** How much waits for a thread. */
  int waiting() {
    return threads.getQueue().size();
  }

  /** How much ended in {@code overloaded} since the start. */
  long overloaded() {
    return overloaded.sum();
  }

  /**
   * Does work on a thread of the pool.
   *
   * @return completes there; exceptionally with a {@link DeniedException} where the ledger failed or
   *     the work was not begun
   */
  <T> CompletableFuture<T> submit(Work<T> work) {
    Task<T> task = new Task<>(work);
    try {
      threads.execute(task);
    } catch (RejectedExecutionException e) {
      refuse(task.result);
    }
    return task.result;
  }

  /** Ends what waited too long while all threads are held up: the oldest is in front. */
  private void reap() {
    while (threads.getQueue().peek() instanceof Task<?> oldest && oldest.isLate()) {
      // A thread may have taken it meanwhile.
      if (threads.getQueue().remove(oldest)) {
        refuse(oldest.result);
      }
    }
  }

  /** One piece of work, and what becomes of it. */
  private final class Task<T> implements Runnable {
    private final Work<T> work;
    private final long submitted = System.nanoTime();
    private final CompletableFuture<T> result = new CompletableFuture<>();

    Task(Work<T> work) {
      this.work = work;
    }

    boolean isLate() {
      return System.nanoTime() - submitted > deadlineNanos;
    }

    @Override
    public void run() {
      if (isLate()) {
        refuse(result);
        return;
      }
      T value;
      try {
        value = work.get();
      } catch (LedgerException e) {
        result.completeExceptionally(new DeniedException(Denial.of(e)));
        return;
      } catch (RuntimeException | Error e) {
        result.completeExceptionally(new CompletionException(e));
        return;
      }
      result.complete(value);
    }
  }

  private void refuse(CompletableFuture<?> result) {
    overloaded.increment();
    result.completeExceptionally(new DeniedException(OVERLOADED));
  }

  /** Waits for what is under way, and takes no more. */
  @Override
  public void close() {
    threads.shutdown();
  }

  /** Whether all work has ended in time. */
  boolean awaitEnd(Duration patience) throws InterruptedException {
    return threads.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS);
  }
}
