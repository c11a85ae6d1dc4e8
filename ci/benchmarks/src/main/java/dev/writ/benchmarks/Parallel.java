// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The same operation on several threads at once; the rate is all threads' together. */
final class Parallel implements Contender {
  private final int threads;
  private final Contender one;

  /**
   * A contender of {@code threads} loops.
   *
   * @param operation safe for use by that many threads
   */
  Parallel(int threads, Operation operation) {
    this.threads = threads;
    this.one = Contender.loop(operation);
  }

  @Override
  public double rate(Duration length) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Double>> rates = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        rates.add(executor.submit(() -> one.rate(length)));
      }
      double sum = 0;
      for (Future<Double> rate : rates) {
        sum += rate.get();
      }
      return sum;
    } finally {
      executor.shutdownNow();
    }
  }
}
