// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.NoteSigningException;
import dev.writ.tlog.SignedNote;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

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
      new CommittedBatch(-1, List.of(), new Head(-1, MerkleTree.emptyRoot()));

  private final String origin;
  private final NoteSigner[] signers;
  private final BlockingQueue<CommittedBatch> committed = new LinkedBlockingQueue<>();

  /** Owned by the signer's thread. */
  private final RecentTree tree;

  private volatile SignedHead newest;

  /** Continues after {@code newest}, the tree of which is {@code tree}. */
  HeadSigner(String origin, List<NoteSigner> signers, RecentTree tree, SignedHead newest) {
    this.origin = origin;
    this.signers = signers.toArray(NoteSigner[]::new);
    this.tree = tree;
    this.newest = newest;
  }

  /** The newest signed head. */
  SignedHead newest() {
    return newest;
  }

  /** Hands over a batch that is durable. */
  void committed(CommittedBatch batch) {
    committed.add(batch);
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
      if (!batches.isEmpty() || !isSigned()) {
        signAndAnswer(batches);
      }
    }
  }

  private boolean isSigned() {
    return newest.head().size() == tree.size();
  }

  private void signAndAnswer(List<CommittedBatch> batches) {
    CommitOutcome failure;
    try {
      batches.forEach(this::append);
      RecentTree.Proofs proofs = tree.proofs();
      Head head = new Head(tree.size(), proofs.root());
      requireSame(head, batches);
      SignedHead signed = new SignedHead(head, sign(origin, head, signers));
      newest = signed;
      for (CommittedBatch batch : batches) {
        answer(batch, proofs, signed);
      }
      tree.forget();
      return;
    } catch (NoteSigningException e) {
      failure = new Unavailable(Reached.COMMITTED, e.code(), String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      // A signer's bug, or ours, must not end the thread: it would leave every later entry waiting.
      failure = new Unavailable(Reached.COMMITTED, "bug", e.toString());
    }
    tree.forget();
    for (CommittedBatch batch : batches) {
      for (Pending pending : batch.entries()) {
        pending.answer(failure);
      }
    }
  }

  private void append(CommittedBatch batch) {
    batch.entries().forEach(pending -> tree.append(pending.leafHash()));
  }

  /** The writer and this thread compute the root each in its own way; they sign only what is one. */
  private static void requireSame(Head head, List<CommittedBatch> batches) {
    if (!batches.isEmpty() && !batches.get(batches.size() - 1).head().equals(head)) {
      throw new IllegalStateException(
          "bug: the head to sign must be "
              + batches.get(batches.size() - 1).head()
              + ", its leaves give "
              + head);
    }
  }

  private static void answer(CommittedBatch batch, RecentTree.Proofs proofs, SignedHead signed) {
    long index = batch.first();
    for (Pending pending : batch.entries()) {
      if (!pending.isAnswered()) {
        pending.answer(
            new Receipt(index, pending.entry().leaf(), proofs.inclusion(index), signed.note()));
      }
      index++;
    }
  }

  /** The checkpoint of a head, one line for each key. */
  static SignedNote sign(String origin, Head head, NoteSigner... signers)
      throws NoteSigningException {
    byte[] text = new Checkpoint(origin, head.size(), head.root()).noteText();
    return SignedNote.sign(text, signers);
  }
}
