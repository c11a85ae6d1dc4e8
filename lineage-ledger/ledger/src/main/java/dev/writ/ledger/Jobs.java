// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;

/** Hands jobs to the writer: a bounded number, each answered within the ledger's patience. */
final class Jobs implements AutoCloseable {
  /** Most that wait for the writer, answered or not. The service has a handful; more come of something that runs wild. */
  static final int IN_FLIGHT = 256;

  private final Committer committer;
  private final Deadlines deadlines;
  private final Semaphore places = new Semaphore(IN_FLIGHT);
  private volatile boolean closed;

  Jobs(Committer committer, Deadlines deadlines) {
    this.committer = committer;
    this.deadlines = deadlines;
  }

  /**
   * Has a transaction made.
   *
   * @param what "the … must be …", for the message of a failure
   * @return completes exceptionally with a {@link LedgerException} alone
   */
  <T> CompletableFuture<T> submit(String what, Job.Task<T> task) {
    if (!places.tryAcquire()) {
      return CompletableFuture.failedFuture(
          new LedgerException(
              "ledger",
              what
                  + ": at most "
                  + IN_FLIGHT
                  + " jobs must wait at once, more do; send it again later"));
    }
    Job<T> job = new Job<>(what, task, deadlines.next(), new Place(places));
    deadlines.watch(job);
    committer.submit(job);
    // After it was queued: the committer has it or, where that thread has ended, nobody.
    if (closed && job.take()) {
      job.fail("ledger", Committer.CLOSED, null);
    }
    return job.answer();
  }

  /** Has a change made durable that nobody reads: why it could not be, empty if it was. */
  CompletableFuture<Optional<LedgerException>> probe() {
    return submit("the store must be writable", Jobs::probe)
        .exceptionally(failure -> Optional.of((LedgerException) failure));
  }

  private static Optional<LedgerException> probe(WriterSession writer, Instant now)
      throws SQLException {
    writer.treeWrites().probe();
    return Optional.empty();
  }

  /** Waits for the answer of a job. */
  static <T> T await(CompletableFuture<T> answer) throws LedgerException {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LedgerException failure) {
        throw failure;
      }
      throw new IllegalStateException("bug: a job failed without saying why", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LedgerException("ledger", "the wait was interrupted, it may come later", e);
    }
  }

  /** From here on no job is taken. */
  @Override
  public void close() {
    closed = true;
  }
}
