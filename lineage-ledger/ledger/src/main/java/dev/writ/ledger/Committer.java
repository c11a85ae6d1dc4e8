// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Unavailable;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one writer of this node: takes all entries that wait, commits them in one transaction, hands them to the
 * signer, takes all that waited meanwhile. What a crash or a failure leaves at each step:
 *
 * <pre>
 * 1  entries taken from the queue      nothing
 * 2  UPDATE tree_head … (the lock);    nothing: the transaction is rolled back when the store is
 *    what other nodes committed        next opened (by SQLite), when the connection is gone (by
 * 3  nonces, preconditions, state      PostgreSQL), or at once where the process lives; entries are
 * 4  leaves, payloads, tiles, head     unavailable, NOT_COMMITTED
 * 5  COMMIT                            all of the batch or nothing. Where the process lives, it asks
 *                                      the store which ({@link #ready}); entries of a batch that
 *                                      nobody can tell of are unavailable, UNKNOWN
 * 6  handed to the signer              all of the batch, under a head that is not signed:
 * 7  signed                            {@link Ledger#open} signs it (again)
 * 8  answered                          all of the batch; a checkpoint that is not stored yet is
 *                                      signed again, over the same text
 * </pre>
 *
 * <p>The signed checkpoint is stored by the next transaction, or by one of its own when nothing comes,
 * so that it costs no fsync while entries wait.
 */
final class Committer implements Runnable {
  static final String CLOSED = "the ledger must be open, was closed; start it again";

  /** How long the writer waits for entries before it does what else there is to do. */
  private static final long IDLE_MILLIS = 50;

  /** How often it looks for a store that is away, while nothing is to be committed. */
  private static final long REOPEN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Database database;
  private final CommitLimits limits;
  private final InstantSource clock;
  private final HeadSigner signer;
  private final LedgerEvents events;
  private final NoncePurge nonces = new NoncePurge();
  private final BatchPace pace = new BatchPace();
  private final BlockingQueue<Work> waiting = new LinkedBlockingQueue<>();
  private volatile boolean ending;

  /** Owned by the writer's thread, as all below it; null after a failure, until it is opened again. */
  private @Nullable WriterSession session;

  private final KnownTree tree;

  /** A batch whose COMMIT failed while nobody could say whether it is durable; null where there is none. */
  private @Nullable InDoubt inDoubt;

  /** Whether the last batch that was in doubt turned out to be durable. */
  private boolean doubtWasDurable;

  /** Whether a COMMIT failed, so that what can be read may be in memory alone. */
  private boolean unsettled;

  private long storedCheckpointSize;

  /** When the store was last found away while idle, on {@link System#nanoTime}'s scale. */
  private long failedNanos = System.nanoTime();

  /**
   * A batch at its COMMIT.
   *
   * @param edge the right edge if it is durable
   */
  private record InDoubt(CommittedBatch batch, RightEdge edge) {}

  Committer(
      Database database,
      CommitLimits limits,
      InstantSource clock,
      HeadSigner signer,
      Opening opening,
      LedgerEvents events) {
    this.database = database;
    this.limits = limits;
    this.clock = clock;
    this.signer = signer;
    this.session = opening.session();
    this.tree =
        new KnownTree(
            opening.edge(),
            database.isShared(),
            new StoreClock(database, clock),
            signer::committed);
    this.storedCheckpointSize = opening.storedCheckpointSize();
    this.events = events;
  }

  void submit(Work work) {
    waiting.add(work);
  }

  /** Ends the thread once the queue is empty. */
  void end() {
    ending = true;
  }

  @Override
  public void run() {
    try {
      while (!ending || !waiting.isEmpty()) {
        Work first = waiting.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
        if (first == null) {
          storeCheckpoint();
          followWhileIdle();
        } else {
          attempt(first);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A bug, or memory that is full, must not end the thread: what it had is answered by its deadline. */
  private void attempt(Work first) throws InterruptedException {
    try {
      doAllThatWaits(first);
    } catch (RuntimeException | Error e) {
      events.commitFailed("bug");
      closeSession();
      unsettled = true;
    }
  }

  /** Entries as one batch, then jobs, each by itself. */
  private void doAllThatWaits(Work first) {
    pace.gather(1 + waiting.size());
    List<Work> taken = new ArrayList<>();
    taken.add(first);
    waiting.drainTo(taken, limits.batch() - 1);
    List<Pending> batch = new ArrayList<>(taken.size());
    List<Job<?>> jobs = new ArrayList<>();
    for (Work work : taken) {
      if (work instanceof Pending entry && entry.take()) {
        batch.add(entry);
      } else if (work instanceof Job<?> job) {
        jobs.add(job);
      }
    }
    pace.begin(batch.size());
    commit(batch);
    jobs.forEach(this::run);
  }

  /** One batch, from the lock to the signer's queue; every entry in it gets its way or its answer. */
  private void commit(List<Pending> batch) {
    if (batch.isEmpty()) {
      return;
    }
    long start = System.nanoTime();
    Map<Pending, CommitOutcome> lost = new LinkedHashMap<>();
    List<Pending> admitted = new ArrayList<>(batch.size());
    WriterSession writer;
    InDoubt committing;
    try {
      writer = ready();
      committing = write(writer, batch, admitted, lost);
    } catch (SQLException e) {
      abandon(batch, SqlFailures.code(e), SqlFailures.sentence(e));
      return;
    } catch (LedgerException e) {
      abandon(batch, e.code(), String.valueOf(e.getMessage()));
      return;
    } catch (RuntimeException | Error e) {
      // A bug must not end the thread: it would leave every later entry waiting.
      abandon(batch, "bug", e.toString());
      return;
    }
    // Until it is known, whatever comes in between.
    inDoubt = committing;
    try {
      writer.commit();
      inDoubt = null;
    } catch (SQLException e) {
      unsettled = true;
      events.commitFailed(SqlFailures.code(e));
      if (!isDurable(committing, lost, e)) {
        return;
      }
      lost.forEach(Pending::end);
      return;
    }
    events.batchCommitted(admitted.size(), Duration.ofNanos(System.nanoTime() - start));
    durable(committing);
    // Not before: what they lost to may have been in this very batch.
    lost.forEach(Pending::end);
  }

  /** Steps 2 to 4. */
  private InDoubt write(
      WriterSession writer,
      List<Pending> batch,
      List<Pending> admitted,
      Map<Pending, CommitOutcome> lost)
      throws SQLException, LedgerException {
    TreeReads.HeadRow row = tree.begin(writer);
    Instant now = clock.instant();
    Admission admission = new Admission(writer.statements(), now, row.nonceHorizon());
    long first = tree.edge().head().size();
    admission.judge(batch, first, admitted, lost);
    RightEdge.Growth growth = tree.edge().append(admitted.stream().map(Pending::leafHash).toList());
    Head head = growth.edge().head();
    if (!admitted.isEmpty()) {
      writer.treeWrites().addLeaves(first, admitted);
      new PayloadRows(writer.statements()).add(first, admitted);
      writer.treeWrites().putTiles(growth.tiles());
      writer.treeWrites().moveHead(first, head);
      writer.treeWrites().raiseNewestTime(newestTime(admitted));
    }
    nonces.purge(admission, now, batch.size());
    putCheckpoint(writer);
    return new InDoubt(CommittedBatch.ofEntries(first, admitted, head), growth.edge());
  }

  private static Instant newestTime(List<Pending> entries) {
    return entries.stream()
        .map(pending -> pending.entry().leaf().time())
        .max(Comparator.naturalOrder())
        .orElseThrow();
  }

  /**
   * Looks whether other nodes have committed, while there is nothing else to do; after a failure it is
   * what finds out that the store is there again.
   */
  private void followWhileIdle() {
    long now = System.nanoTime();
    if (!database.isShared() || session == null && now - failedNanos < REOPEN_NANOS) {
      return;
    }
    try {
      tree.followOthers(ready());
    } catch (SQLException | LedgerException | RuntimeException e) {
      // Whoever commits next hears of it.
      closeSession();
      failedNanos = now;
    }
  }

  /** A job's transaction. Its COMMIT leaves nothing in doubt that a later one could trip over. */
  private void run(Job<?> job) {
    if (!job.take()) {
      return;
    }
    boolean committing = false;
    try {
      WriterSession writer = ready();
      tree.begin(writer);
      Runnable answer = job.run(writer, clock.instant());
      committing = true;
      writer.commit();
      answer.run();
    } catch (SQLException e) {
      closeSession();
      unsettled |= committing;
      events.commitFailed(SqlFailures.code(e));
      job.fail(SqlFailures.code(e), SqlFailures.sentence(e), e);
    } catch (LedgerException e) {
      closeSession();
      job.fail(e.code(), String.valueOf(e.getMessage()), e);
    } catch (RuntimeException | Error e) {
      closeSession();
      unsettled |= committing;
      job.fail("bug", e.toString(), e);
    }
  }

  private void putCheckpoint(WriterSession writer) throws SQLException {
    SignedHead signed = signer.newest();
    if (signed.head().size() > storedCheckpointSize) {
      writer.treeWrites().putCheckpoint(signed);
      storedCheckpointSize = signed.head().size();
    }
  }

  private void durable(InDoubt committed) {
    tree.advance(committed.edge());
    committed.batch().entries().forEach(Pending::committed);
    if (!committed.batch().entries().isEmpty()) {
      signer.committed(committed.batch());
    }
  }

  /** A failure before COMMIT: nothing of the batch stays. */
  private void abandon(List<Pending> batch, String code, String message) {
    closeSession();
    events.commitFailed(code);
    Unavailable nothingKept = new Unavailable(Reached.NOT_COMMITTED, code, message);
    batch.forEach(pending -> pending.end(nothingKept));
  }

  /** COMMIT failed, which can mean either: asks the store, and answers the batch unless it is durable. */
  private boolean isDurable(
      InDoubt committing, Map<Pending, CommitOutcome> lost, SQLException failure) {
    closeSession();
    Reached reached = Reached.NOT_COMMITTED;
    try {
      ready();
      if (doubtWasDurable) {
        return true;
      }
    } catch (SQLException | LedgerException | RuntimeException e) {
      // The next batch asks again, and goes on from whichever it is.
      failure.addSuppressed(e);
      reached = Reached.UNKNOWN;
    }
    String code = SqlFailures.code(failure);
    String message = SqlFailures.sentence(failure);
    Unavailable outcome = new Unavailable(reached, code, message);
    // What is in doubt keeps its place until it is not.
    committing.batch().entries().forEach(pending -> pending.answer(outcome));
    Unavailable nothingKept = new Unavailable(Reached.NOT_COMMITTED, code, message);
    lost.keySet().forEach(pending -> pending.end(nothingKept));
    return false;
  }

  /**
   * The session; after a failure a new one, once the store has said whether the batch in doubt is
   * durable. All that can be read is brought to stable storage before that is believed.
   */
  @CanIgnoreReturnValue
  private WriterSession ready() throws SQLException, LedgerException {
    tree.requireNotHalted();
    if (session != null) {
      return session;
    }
    WriterSession fresh = WriterSession.open(database);
    try {
      if (unsettled) {
        fresh.settle();
      }
      // A server may still be at a COMMIT whose connection is lost: it has the lock until it is
      // done.
      fresh.treeWrites().lock();
      Head found = fresh.tree().head().orElseThrow(RightEdgeCheck::noHead).head();
      InDoubt doubt = inDoubt;
      boolean isThere =
          doubt != null && tree.isThere(doubt.batch(), doubt.edge(), fresh.kept(), found);
      // Not a rollback: a server that was away may show what no standby of it has yet, and a COMMIT
      // waits until all before it is where it must be.
      fresh.commit();
      doubtWasDurable = isThere;
      if (doubt != null && doubtWasDurable) {
        durable(doubt);
      } else if (doubt != null) {
        doubt.batch().entries().forEach(Pending::letGo);
      }
      inDoubt = null;
      tree.follow(fresh, found);
      fresh.rollback();
      unsettled = false;
    } catch (SQLException | LedgerException | RuntimeException e) {
      fresh.abort();
      throw e;
    }
    session = fresh;
    return fresh;
  }

  private void closeSession() {
    WriterSession open = session;
    session = null;
    // Whether the checkpoint that a failed transaction held was stored is not known either.
    storedCheckpointSize = -1;
    if (open != null) {
      open.abort();
    }
  }

  /** Stores the newest checkpoint when there is nothing else to do. */
  private void storeCheckpoint() {
    WriterSession writer = session;
    if (writer == null || signer.newest().head().size() <= storedCheckpointSize) {
      return;
    }
    try {
      writer.treeWrites().lock();
      putCheckpoint(writer);
      writer.commit();
    } catch (SQLException e) {
      // Whether it is stored or not, the next checkpoint is; a head without one is signed at open.
      closeSession();
      unsettled = true;
    }
  }

  /**
   * Stores the last checkpoint, leaves the store in its one file and closes the connection; called
   * once the threads have ended.
   */
  void finish() {
    storeCheckpoint();
    WriterSession writer = session;
    if (writer != null) {
      try {
        writer.settle();
      } catch (SQLException e) {
        // The journal stays beside the file, and who opens the store next reads both.
      }
    }
    closeSession();
  }
}
