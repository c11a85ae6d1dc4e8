// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.ledger.CommitOutcome;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.Entry;
import dev.writ.ledger.Ledger;
import dev.writ.tlog.ProofOutcome;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Many callers of one ledger: groups of entries, of which several wait at a time. An entry counts once
 * it is answered with a receipt, that is durable, with its proof, under a signed checkpoint.
 *
 * <p>The entries of a round are made before its clock starts, as many as the rate before calls for.
 */
final class LedgerLoad implements Contender {
  static final String UNIT = "entries/s";

  private static final int GROUP = 256;
  private static final int GROUPS_IN_FLIGHT = 16;
  private static final double FIRST_GUESS = 5_000;

  private final Ledger ledger;
  private final Supplier<Entry> entries;
  private double lastRate = FIRST_GUESS;
  private long allAnswered;

  LedgerLoad(Ledger ledger, Supplier<Entry> entries) {
    this.ledger = ledger;
    this.entries = entries;
  }

  @Override
  public double rate(Duration length) {
    List<List<Entry>> groups = prepare((long) (lastRate * length.toNanos() / 1e9));
    Deque<CompletionStage<List<CommitOutcome>>> inFlight = new ArrayDeque<>();
    long answered = 0;
    long start = System.nanoTime();
    for (List<Entry> group : groups) {
      inFlight.add(ledger.commit(group));
      if (inFlight.size() == GROUPS_IN_FLIGHT) {
        answered += receipts(inFlight.remove());
      }
    }
    while (!inFlight.isEmpty()) {
      answered += receipts(inFlight.remove());
    }
    lastRate = Contender.perSecond(answered, System.nanoTime() - start);
    allAnswered += answered;
    return lastRate;
  }

  /** How many entries were answered with a receipt, in all rounds. */
  long answered() {
    return allAnswered;
  }

  private List<List<Entry>> prepare(long count) {
    long groupCount = Math.max(2L * GROUPS_IN_FLIGHT, count / GROUP);
    List<List<Entry>> groups = new ArrayList<>();
    for (long i = 0; i < groupCount; i++) {
      List<Entry> group = new ArrayList<>(GROUP);
      for (int j = 0; j < GROUP; j++) {
        group.add(entries.get());
      }
      groups.add(group);
    }
    return groups;
  }

  /** Waits for a group; one proof of each is verified. */
  private static int receipts(CompletionStage<List<CommitOutcome>> group) {
    List<CommitOutcome> outcomes = group.toCompletableFuture().join();
    for (CommitOutcome outcome : outcomes) {
      if (!(outcome instanceof Receipt)) {
        throw new IllegalStateException("every entry must get a receipt, one got " + outcome);
      }
    }
    Receipt last = (Receipt) outcomes.get(outcomes.size() - 1);
    ProofOutcome proof =
        last.inclusion().verify(last.leaf().hash(), last.tlogProof().checkpoint().root());
    if (!(proof instanceof ProofOutcome.Proven)) {
      throw new IllegalStateException("a receipt must prove its leaf, and did not: " + proof);
    }
    return outcomes.size();
  }
}
