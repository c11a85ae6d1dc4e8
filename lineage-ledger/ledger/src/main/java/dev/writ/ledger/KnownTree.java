// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The tree as a writer knows it: its own batches, and what other nodes committed, each leaf of which it has
 * hashed itself. What does not continue it stops the ledger for good. Owned by the writer's thread.
 */
final class KnownTree {
  private final boolean shared;
  private final StoreClock clock;
  private final Consumer<CommittedBatch> signer;
  private RightEdge edge;

  /** Why nothing is committed any more; null while all is well. */
  private @Nullable String halted;

  /**
   * A tree up to its right edge.
   *
   * @param shared whether others may commit to the same store
   * @param clock that this node's is compared with before it writes
   * @param signer has each leaf that others committed before any that comes after it
   */
  KnownTree(RightEdge edge, boolean shared, StoreClock clock, Consumer<CommittedBatch> signer) {
    this.edge = edge;
    this.shared = shared;
    this.clock = clock;
    this.signer = signer;
  }

  RightEdge edge() {
    return edge;
  }

  /** A batch of this writer's own is durable. */
  void advance(RightEdge after) {
    edge = after;
  }

  void requireNotHalted() throws LedgerException {
    if (halted != null) {
      throw new LedgerException("ledger", halted);
    }
  }

  /** Takes the lock, and makes sure that the tree goes on from where it is known. */
  @CanIgnoreReturnValue
  TreeReads.HeadRow begin(WriterSession writer) throws SQLException, LedgerException {
    clock.require(writer);
    writer.treeWrites().lock();
    TreeReads.HeadRow row = writer.tree().head().orElseThrow(RightEdgeCheck::noHead);
    follow(writer, row.head());
    return row;
  }

  /** Takes over what other nodes committed, once their leaves make this tree the one that is found. */
  void follow(WriterSession writer, Head found) throws SQLException, LedgerException {
    if (found.equals(edge.head())) {
      return;
    }
    if (!shared) {
      throw halt(found);
    }
    Optional<OthersLeaves.Followed> followed = new OthersLeaves(writer.kept(), edge).upTo(found);
    if (followed.isEmpty()) {
      throw halt(found);
    }
    edge = followed.get().edge();
    signer.accept(followed.get().batch());
  }

  /** Looks whether others have committed. */
  void followOthers(WriterSession writer) throws SQLException, LedgerException {
    if (shared && halted == null) {
      follow(writer, writer.tree().head().orElseThrow(RightEdgeCheck::noHead).head());
      writer.rollback();
    }
  }

  /**
   * Whether the leaves of a batch are where it put them: others may have gone on from there.
   *
   * @param after the right edge if they are
   */
  boolean isThere(CommittedBatch batch, RightEdge after, KeptTree tree, Head found)
      throws SQLException, LedgerException {
    return found.equals(after.head())
        || shared
            && found.size() > after.head().size()
            && tree.leafHashes(batch.first(), after.head().size()).equals(batch.leafHashes());
  }

  private LedgerException halt(Head found) {
    halted =
        "the store's head must be "
            + edge.head()
            + ", was "
            + found
            + ": something else wrote to it; find out what before starting again";
    return new LedgerException("ledger", halted);
  }
}
