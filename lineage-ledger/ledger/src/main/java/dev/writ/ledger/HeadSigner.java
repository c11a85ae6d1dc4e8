// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Leaf;
import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.NoteSigningException;
import dev.writ.tlog.SignedNote;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Signs the newest committed head and answers every entry below it, while the writer goes on: one
 * signature covers all that was committed while the one before was made.
 *
 * <p>A crash between commit and signature leaves a head that is not signed; {@link Ledger#open} signs
 * it. A signature that fails leaves the same: its entries are answered as unavailable, and the head
 * is tried again, with whatever has come since, until one signature covers all of them.
 */
final class HeadSigner implements Runnable {
  private static final long RETRY_MILLIS = 1_000;

  /** Tells the signer that no batch comes after it. */
  private static final CommittedBatch END =
      CommittedBatch.ofOthers(-1, List.of(), new Head(-1, MerkleTree.emptyRoot()));

  /** Wakes the signer for a probe. */
  private static final CommittedBatch PROBE =
      CommittedBatch.ofOthers(-2, List.of(), new Head(-2, MerkleTree.emptyRoot()));

  private final String origin;

  /** One for each line of a checkpoint; the next signature is theirs. */
  private volatile List<NoteSigner> signers;

  /** Sees to cosignatures, before anything is answered under a head; changed by the signer's thread. */
  private volatile Cosigning cosigning;

  /** Has the writer take over what other nodes committed. */
  private volatile Runnable follow = () -> {};

  /** Is told of heads that may have a revocation which none before had. */
  private volatile Runnable revoked = () -> {};

  /** What is to see to them from the next head on; null where nothing else is. */
  private final AtomicReference<@Nullable Cosigning> cosigningNext = new AtomicReference<>();

  /** Whether others than now cosigned the newest head; owned by the signer's thread. */
  private boolean cosignedByFormer;

  private final LedgerEvents events;
  private final BlockingQueue<CommittedBatch> committed = new LinkedBlockingQueue<>();

  /** The probe that waits: all that ask meanwhile get its answer. */
  private final AtomicReference<@Nullable Probe> probe = new AtomicReference<>();

  private final SignerTree tree;

  /** Whose leaves the tree has, and whose entries wait for an answer; owned by the signer's thread. */
  private final List<CommittedBatch> unanswered = new ArrayList<>();

  private volatile SignedHead newest;

  /**
   * When the signer first turned to the head that it has not signed since, on {@link System#nanoTime}'s
   * scale; null while it waits for one.
   */
  private volatile @Nullable Long unsignedSince;

  /** Why that head was not signed when it was last tried; the failing layer's code. */
  private volatile @Nullable String unsignedFor;

  /** Why the keys would not sign, if they would not. */
  private static final class Probe extends CompletableFuture<Optional<LedgerException>> {}

  /** Continues after {@code newest}, the tree of which is {@code tree}. */
  HeadSigner(
      String origin,
      List<NoteSigner> signers,
      RecentTree tree,
      SignedHead newest,
      Cosigning cosigning,
      LedgerEvents events) {
    this.origin = origin;
    this.signers = List.copyOf(signers);
    this.tree = new SignerTree(tree);
    this.newest = newest;
    this.cosigning = cosigning;
    this.events = events;
  }

  /** The log's name. */
  String origin() {
    return origin;
  }

  /** The newest signed head. */
  SignedHead newest() {
    return newest;
  }

  /** Lets others sign, from the next head on. */
  void signWith(List<NoteSigner> others) throws LedgerException {
    Opening.requireSigners(origin, others);
    signers = List.copyOf(others);
  }

  /** Says how to have what other nodes committed taken over at once. */
  void followBy(Runnable how) {
    follow = how;
  }

  /** Says whom to tell of heads that may have new revocations. */
  void whenRevoked(Runnable told) {
    revoked = told;
  }

  private void tellRevoked() {
    try {
      revoked.run();
    } catch (RuntimeException e) {
      // The listener's bug, and not this thread's to report: entries wait for their answers.
    }
  }

  /** Lets others cosign, the newest head at once. */
  void witnessWith(Cosigning others) {
    Cosigning overtaken = cosigningNext.getAndSet(others);
    if (overtaken != null) {
      overtaken.close();
    }
    committed.add(PROBE);
  }

  /** Whether the head has been waiting for its signature for longer than {@code patience}. */
  boolean isOverdue(Duration patience) {
    Long since = unsignedSince;
    return since != null && System.nanoTime() - since > patience.toNanos();
  }

  /** Whether what the head waits for is its witnesses. */
  boolean isShortOfWitnesses() {
    return Witnesses.QUORUM_MISSED.equals(unsignedFor);
  }

  /** Hands over a batch that is durable; each of its entries has its place until it is answered. */
  void committed(CommittedBatch batch) {
    committed.add(batch);
  }

  /**
   * Has a head signed now, the newest once more if there is no other.
   *
   * @return why it could not be within {@code patience}; empty if it was
   */
  CompletableFuture<Optional<LedgerException>> probe(Duration patience) {
    Probe fresh = new Probe();
    Probe before = probe.getAndUpdate(seen -> seen == null || seen.isDone() ? fresh : seen);
    if (before != null && !before.isDone()) {
      return before;
    }
    if (before == null) {
      committed.add(PROBE);
    }
    LedgerException late =
        new LedgerException(
            "ledger",
            "a checkpoint key must sign within "
                + patience.toMillis()
                + " ms, did not; look at the token");
    return fresh.completeOnTimeout(Optional.of(late), patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Ends the wait for witnesses, and asks them no more. */
  void closeWitnesses() {
    cosigning.close();
    Cosigning next = cosigningNext.getAndSet(null);
    if (next != null) {
      next.close();
    }
  }

  /** Ends the thread once all batches before are answered. */
  void end() {
    committed.add(END);
  }

  @Override
  public void run() {
    boolean ended = false;
    while (!ended) {
      List<CommittedBatch> batches = new ArrayList<>();
      try {
        CommittedBatch first =
            isSigned() ? committed.take() : committed.poll(RETRY_MILLIS, TimeUnit.MILLISECONDS);
        if (first != null) {
          batches.add(first);
        }
      } catch (InterruptedException e) {
        return;
      }
      committed.drainTo(batches);
      ended = batches.remove(END);
      while (batches.remove(PROBE)) {
        // It only woke this thread.
      }
      turnToNextWitnesses();
      Probe asked = probe.getAndSet(null);
      Optional<LedgerException> failure = Optional.empty();
      if (!batches.isEmpty() || !isSigned()) {
        failure = signAndAnswer(afterMany(batches));
      } else if (asked != null) {
        failure = signAgain();
      }
      if (asked != null) {
        asked.complete(failure);
      }
    }
  }

  private void turnToNextWitnesses() {
    Cosigning next = cosigningNext.getAndSet(null);
    if (next != null) {
      cosigning.close();
      events.witnessesChanged();
      cosigning = next;
      cosignedByFormer = true;
    }
  }

  /** Shows that the keys sign; the note is the one that is there, and is let go. */
  private Optional<LedgerException> signAgain() {
    try {
      SignedNote signed = sign(origin, newest.head(), signers);
      // Witnesses that have seen another node's head since are there, and would cosign the next.
      var unused = cosigning.cosign(newest.head(), signed);
      return Optional.empty();
    } catch (NoteSigningException e) {
      return Optional.of(failed(e.code(), e));
    } catch (RuntimeException | Error e) {
      return Optional.of(failed("bug", e));
    }
  }

  private LedgerException failed(String code, Throwable cause) {
    if (code.equals(Witnesses.QUORUM_MISSED)) {
      events.quorumMissed();
    } else {
      events.signatureFailed(code);
    }
    String message = code.equals("bug") ? cause.toString() : String.valueOf(cause.getMessage());
    return new LedgerException(code, message, cause);
  }

  private boolean isSigned() {
    return newest.head().size() == tree.size() && !cosignedByFormer;
  }

  /**
   * What comes after a great many leaves of others: those before are answered first, as far as they can be,
   * since of them nothing can be proven once only the peaks are there.
   */
  private List<CommittedBatch> afterMany(List<CommittedBatch> batches) {
    List<CommittedBatch> left = batches;
    for (CommittedBatch batch : batches) {
      if (batch.range().isPresent()) {
        int at = left.indexOf(batch);
        if (at > 0 || !unanswered.isEmpty()) {
          Optional<LedgerException> failure = signAndAnswer(left.subList(0, at));
          endUnanswered(
              new Unavailable(
                  Reached.COMMITTED,
                  failure.map(LedgerException::code).orElse("ledger"),
                  "the entry must be proven before other nodes commit too many, was not; look for it"
                      + " by its leaf's id"));
        }
        tree.goOnFrom(batch);
        left = left.subList(at + 1, left.size());
      }
    }
    return left;
  }

  private Optional<LedgerException> signAndAnswer(List<CommittedBatch> batches) {
    LedgerException failure;
    long since = unsignedSince == null ? System.nanoTime() : unsignedSince;
    unsignedSince = since;
    unanswered.addAll(batches);
    try {
      tree.append(batches);
      cosigning.takeTurn();
      SignerTree.Signable signable = tree.signable();
      Head head = signable.head();
      long start = System.nanoTime();
      SignedNote note = sign(origin, head, signers);
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      Optional<SignedNote> cosigned = cosigning.cosign(head, note);
      if (cosigned.isEmpty()) {
        requireFollowing(since);
        follow.run();
        return Optional.empty();
      }
      cosigning.passTurn();
      SignedHead signed = new SignedHead(head, cosigned.get());
      events.headSigned(took);
      newest = signed;
      cosignedByFormer = false;
      unsignedSince = null;
      unsignedFor = null;
      if (unanswered.stream().anyMatch(CommittedBatch::mayRevoke)) {
        tellRevoked();
      }
      for (CommittedBatch batch : unanswered) {
        answer(batch, signable.proofs(), signed);
      }
      unanswered.clear();
      tree.forget();
      return Optional.empty();
    } catch (NoteSigningException e) {
      failure = failed(e.code(), e);
    } catch (RuntimeException | Error e) {
      // A signer's bug, or ours, must not end the thread: it would leave every later entry waiting.
      failure = failed("bug", e);
    }
    cosigning.passTurn();
    unsignedFor = failure.code();
    tree.forget();
    Unavailable unsigned =
        new Unavailable(Reached.COMMITTED, failure.code(), String.valueOf(failure.getMessage()));
    endUnanswered(unsigned);
    return Optional.of(failure);
  }

  private void endUnanswered(Unavailable outcome) {
    for (CommittedBatch batch : unanswered) {
      for (Pending pending : batch.entries()) {
        pending.end(outcome);
      }
    }
    unanswered.clear();
  }

  /**
   * Witnesses have cosigned a head of another node's: its leaves come within the writer's next look, and
   * entries wait for the head above them. One node overtakes another now and then, and not for long.
   */
  private static void requireFollowing(long since) throws NoteSigningException {
    if (System.nanoTime() - since > Witnesses.PATIENCE.toNanos()) {
      throw new NoteSigningException(
          Witnesses.QUORUM_MISSED,
          "a head above those of other nodes must be cosigned, none was for "
              + Witnesses.PATIENCE.toMillis()
              + " ms: others always came first; the ledger goes on by itself",
          new IOException("overtaken"));
    }
  }

  private static void answer(CommittedBatch batch, RecentTree.Proofs proofs, SignedHead signed) {
    long index = batch.first();
    for (Pending pending : batch.entries()) {
      Optional<Leaf> leaf = pending.leaf();
      if (leaf.isPresent()) {
        pending.end(new Receipt(index, leaf.get(), proofs.inclusion(index), signed.note()));
      } else {
        pending.letGo();
      }
      index++;
    }
  }

  /** The checkpoint of a head, one line for each key. */
  static SignedNote sign(String origin, Head head, List<NoteSigner> signers)
      throws NoteSigningException {
    byte[] text = new Checkpoint(origin, head.size(), head.root()).noteText();
    return SignedNote.sign(text, signers.toArray(NoteSigner[]::new));
  }
}
