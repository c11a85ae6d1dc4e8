// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;

/** Writers of one ledger, each of which waits for its entry's receipt before it makes the next. */
final class LedgerWriters {
  private static final int DIGITS = 3;

  private final Ledger ledger;
  private final Supplier<Entry> entries;

  LedgerWriters(Ledger ledger, Supplier<Entry> entries) {
    this.ledger = ledger;
    this.entries = entries;
  }

  /**
   * What was measured.
   *
   * @param perSecond entries that got a receipt
   * @param waited from the request to its receipt, in nanoseconds
   */
  record Figures(double perSecond, Histogram waited) {
    double millisAt(double percentile) {
      return waited.getValueAtPercentile(percentile) / 1e6;
    }
  }

  /** Lets {@code writers} write for about {@code length}. */
  Figures run(int writers, Duration length) throws Exception {
    long start = System.nanoTime();
    return run(writers, Duration.ZERO, () -> System.nanoTime() - start < length.toNanos());
  }

  /**
   * Lets {@code writers} write once at least.
   *
   * @param pause of each before its next entry
   * @param goesOn asked by all of them, each time
   */
  Figures run(int writers, Duration pause, BooleanSupplier goesOn) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(writers);
    try {
      long start = System.nanoTime();
      List<Callable<Histogram>> tasks = new ArrayList<>();
      for (int i = 0; i < writers; i++) {
        tasks.add(() -> write(pause, goesOn));
      }
      Histogram all = new Histogram(DIGITS);
      for (Future<Histogram> each : threads.invokeAll(tasks)) {
        all.add(each.get());
      }
      return new Figures(Contender.perSecond(all.getTotalCount(), System.nanoTime() - start), all);
    } finally {
      threads.shutdownNow();
    }
  }

  private Histogram write(Duration pause, BooleanSupplier goesOn) throws InterruptedException {
    Histogram waited = new Histogram(DIGITS);
    do {
      Entry entry = entries.get();
      long start = System.nanoTime();
      CommitOutcome outcome = ledger.commit(entry).toCompletableFuture().join();
      waited.recordValue(System.nanoTime() - start);
      if (!(outcome instanceof Receipt)) {
        throw new IllegalStateException("every entry must get a receipt, one got " + outcome);
      }
      Thread.sleep(pause.toMillis());
    } while (goesOn.getAsBoolean());
    return waited;
  }
}
