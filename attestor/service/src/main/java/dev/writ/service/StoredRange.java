// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StoredLedger;
import dev.writ.ledger.StoredLedger.StoredLeaf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** A range of a stored ledger's leaves, worked on by several threads and told in the leaves' order. */
public final class StoredRange {
  /** Leaves read at once with what lies beside them: of the longest 16 MiB. A bundle has a whole number. */
  private static final int CHUNK = 16;

  /** Chunks in memory for each thread. */
  private static final int AHEAD = 4;

  private final StoredLedger ledger;
  private final long from;
  private final long to;

  /** The leaves from {@code from} to before {@code to}, which the ledger must have. */
  public StoredRange(StoredLedger ledger, long from, long to) {
    if (from < 0 || from > to || to > ledger.size()) {
      throw new IndexOutOfBoundsException(
          "a range must be of " + ledger.size() + " leaves, was " + from + " to " + to);
    }
    this.ledger = ledger;
    this.from = from;
    this.to = to;
  }

  /** What is done with a leaf. */
  public interface Work<T> {
    /**
     * Works on a leaf, on any thread.
     *
     * @param payload what lies beside it
     */
    Optional<T> on(StoredLeaf leaf, Optional<byte[]> payload) throws LedgerException;

    /** What stands for leaves that are not there, or that no tile leads to. */
    T unreadable(long first, String why);
  }

  /**
   * Works on all of them.
   *
   * @param told is told each result in the order of the leaves, on this thread
   * @param progress is told how many leaves are done
   */
  public <T> void run(int threads, Work<T> work, Consumer<T> told, LongConsumer progress)
      throws LedgerException, InterruptedException {
    ExecutorService workers = Executors.newFixedThreadPool(threads);
    Deque<Future<List<T>>> ahead = new ArrayDeque<>();
    try {
      long next = from;
      long done = 0;
      while (next < to || !ahead.isEmpty()) {
        while (next < to && ahead.size() < threads * AHEAD) {
          long start = next;
          long end = Math.min(to, (start / CHUNK + 1) * CHUNK);
          ahead.add(workers.submit(() -> chunk(work, start, end)));
          next = end;
        }
        finished(ahead.remove()).forEach(told);
        done = Math.min(to - from, done + CHUNK);
        progress.accept(done);
      }
    } finally {
      workers.shutdownNow();
    }
  }

  private <T> List<T> chunk(Work<T> work, long start, long end) throws LedgerException {
    List<StoredLeaf> leaves;
    try {
      leaves = ledger.leaves(start, end);
    } catch (LedgerException e) {
      if (e.code().equals(StoredLedger.CONTRADICTS)) {
        return List.of(work.unreadable(start, String.valueOf(e.getMessage())));
      }
      throw e;
    }
    Map<Long, byte[]> payloads = ledger.payloads(start, end);
    List<T> results = new ArrayList<>();
    for (StoredLeaf leaf : leaves) {
      work.on(leaf, Optional.ofNullable(payloads.get(leaf.index()))).ifPresent(results::add);
    }
    return results;
  }

  private static <T> List<T> finished(Future<List<T>> chunk)
      throws LedgerException, InterruptedException {
    try {
      return chunk.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LedgerException failure) {
        throw failure;
      }
      throw new IllegalStateException("bug: a replay failed", e.getCause());
    }
  }
}
