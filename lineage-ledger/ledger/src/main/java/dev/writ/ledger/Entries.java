// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Unavailable;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;

/**
 * Hands entries to the writer: a bounded number, each answered within the ledger's patience, and none
 * while the head has not been signed for longer than that. What it hands over would only fill the log
 * with leaves that nobody gets a receipt for.
 */
final class Entries implements AutoCloseable {
  private final Committer committer;
  private final HeadSigner signer;
  private final Deadlines deadlines;
  private final CommitLimits limits;
  private final Semaphore places;
  private volatile boolean closed;

  Entries(Committer committer, HeadSigner signer, Deadlines deadlines, CommitLimits limits) {
    this.committer = committer;
    this.signer = signer;
    this.deadlines = deadlines;
    this.limits = limits;
    this.places = new Semaphore(limits.inFlight());
  }

  /** Has entries committed, in this order; their outcomes once all are known. */
  CompletableFuture<List<CommitOutcome>> submit(List<Entry> entries) {
    Optional<Unavailable> refusal = admit(entries.size());
    if (refusal.isPresent()) {
      return CompletableFuture.completedFuture(
          entries.stream().<CommitOutcome>map(entry -> refusal.get()).toList());
    }
    Answers answers = new Answers(entries.size());
    long deadline = deadlines.next();
    for (int position = 0; position < entries.size(); position++) {
      Pending pending =
          new Pending(entries.get(position), deadline, answers, position, new Place(places));
      deadlines.watch(pending);
      committer.submit(pending);
      // After it was queued: the committer has it or, where that thread has ended, nobody.
      if (closed && pending.take()) {
        pending.end(unavailable(Committer.CLOSED));
      }
    }
    return answers.all();
  }

  /** Takes so many places, or says why not. */
  private Optional<Unavailable> admit(int count) {
    if (signer.isOverdue(limits.patience())) {
      return Optional.of(overdue());
    }
    if (!places.tryAcquire(count)) {
      return Optional.of(
          unavailable(
              "at most "
                  + limits.inFlight()
                  + " entries must wait at once, more do; send it again later"));
    }
    return Optional.empty();
  }

  private Unavailable overdue() {
    return signer.isShortOfWitnesses()
        ? new Unavailable(
            Reached.NOT_COMMITTED,
            Witnesses.QUORUM_MISSED,
            "the newest head must be cosigned within "
                + limits.patience().toMillis()
                + " ms, is not yet; look at the witnesses, and send it again later")
        : unavailable(
            "the newest head must be signed within "
                + limits.patience().toMillis()
                + " ms, is not yet; look at the token, and send it again later");
  }

  private static Unavailable unavailable(String message) {
    return new Unavailable(Reached.NOT_COMMITTED, "ledger", message);
  }

  /** How many more would be taken now. */
  int free() {
    return places.availablePermits();
  }

  /** From here on no entry is taken. */
  @Override
  public void close() {
    closed = true;
  }
}
