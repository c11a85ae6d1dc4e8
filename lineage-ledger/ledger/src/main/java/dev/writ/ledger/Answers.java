// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;

/** The outcomes of entries that were submitted together, complete when the last has come. */
final class Answers {
  private final AtomicReferenceArray<CommitOutcome> outcomes;
  private final AtomicInteger missing;
  private final CompletableFuture<List<CommitOutcome>> all = new CompletableFuture<>();

  /** Waits for {@code count} outcomes. */
  Answers(int count) {
    this.outcomes = new AtomicReferenceArray<>(count);
    this.missing = new AtomicInteger(count);
    if (count == 0) {
      all.complete(List.of());
    }
  }

  /** The outcomes in the order in which their entries were submitted. */
  CompletableFuture<List<CommitOutcome>> all() {
    return all;
  }

  void put(int place, CommitOutcome outcome) {
    outcomes.set(place, outcome);
    if (missing.decrementAndGet() == 0) {
      all.complete(IntStream.range(0, outcomes.length()).mapToObj(outcomes::get).toList());
    }
  }
}
