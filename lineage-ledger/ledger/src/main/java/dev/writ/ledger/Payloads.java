// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedLeafException;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What lies beside the leaves of a {@link Ledger}, and can be erased. A leaf names its payload by the
 * SHA-256 of its bytes, and each read compares: what was changed in the store is given to nobody.
 */
public final class Payloads {
  private final StoreReader store;
  private final Jobs jobs;

  Payloads(StoreReader store, Jobs jobs) {
    this.store = store;
    this.jobs = jobs;
  }

  /**
   * What a purge did.
   *
   * @param payloads how many it erased
   * @param more whether others are due
   */
  public record Purged(int payloads, boolean more) {}

  /**
   * What was kept beside the leaf at {@code index}, until it is erased.
   *
   * @throws LedgerException with {@link KeptPayload#CONTRADICTS} if it is not what the leaf names
   */
  public Optional<KeptPayload> at(long index) throws LedgerException {
    Optional<PayloadRows.Row> found =
        store.read(statements -> new PayloadRows(statements).at(index));
    if (found.isEmpty()) {
      return Optional.empty();
    }
    byte[] leaf =
        store.tree(tree -> tree.leaves(index, index + 1)).stream()
            .findFirst()
            .orElseThrow(
                () ->
                    new LedgerException(
                        KeptPayload.CONTRADICTS,
                        "a payload must lie beside a leaf, and one lies at "
                            + index
                            + " beside none: somebody changed the store"));
    try {
      PayloadRows.Row row = found.get();
      return Optional.of(
          new KeptPayload(index, Leaf.parse(leaf), row.bytes(), row.retention()).verified());
    } catch (MalformedLeafException e) {
      throw SignedTree.corrupt("leaf " + index + ": " + e.getMessage(), e);
    }
  }

  /** How long what lies beside a leaf is kept; empty where nothing does. */
  public Optional<PayloadRetention> retention(long index) throws LedgerException {
    return store.read(statements -> new PayloadRows(statements).retention(index));
  }

  /**
   * Erases what was kept beside a leaf, a boot log included, so that nobody can read it any more, and no
   * file of an embedded ledger holds it. Waits for the transaction under way.
   *
   * @return whether there was something; what is kept {@link PayloadRetention#ALWAYS} stays, and is not
   */
  public boolean erase(long index) throws LedgerException {
    return Jobs.await(
        jobs.submit(
            "the payload of leaf " + index + " must be erased",
            (writer, now) -> {
              PayloadRows rows = new PayloadRows(writer.statements());
              if (rows.retention(index).equals(Optional.of(PayloadRetention.ALWAYS))) {
                return false;
              }
              writer.beginErasure();
              boolean log = new BootLogs(writer.statements()).erase(index);
              return rows.erase(index) || log;
            }));
  }

  /** Whether a purge would find something now. Reads, and waits for no writer. */
  public boolean isPurgeDue(RetentionPeriod period, Instant now) throws LedgerException {
    Instant old = now.minus(period.duration());
    return store.readWithTree(
        (statements, tree) -> {
          Optional<TreeReads.HeadRow> head = new TreeReads(statements).head();
          return head.isPresent()
              && !new PayloadRows(statements).due(tree, old, head.get().head().size()).isNothing();
        });
  }

  /**
   * Erases some of what is older than its period, in one short transaction; the oldest first. Of nodes
   * that do so at once, one does after the other. Nobody reads it any more then; that no file of an
   * embedded ledger holds it takes a {@link #settle} after the last.
   *
   * @return completes exceptionally with a {@link LedgerException}, on a thread of the ledger, within
   *     its patience; some may have been erased all the same
   */
  public CompletionStage<Purged> purge(RetentionPeriod period) {
    return jobs.submit(
        "payloads past their period must be erased",
        (writer, now) -> {
          Instant old = now.minus(period.duration());
          PayloadRows rows = new PayloadRows(writer.statements());
          long size = writer.tree().head().orElseThrow(RightEdgeCheck::noHead).head().size();
          PayloadRows.Due due = rows.due(writer.kept(), old, size);
          if (due.isNothing()) {
            return new Purged(0, false);
          }
          writer.beginPurge();
          return new Purged(rows.purge(due, old), due.more());
        });
  }

  /** Sees that what was purged is in no file of an embedded ledger any more. */
  public CompletionStage<Void> settle() {
    return jobs.submit(
            "what was erased must leave the store's files",
            (writer, now) -> {
              writer.beginErasure();
              return true;
            })
        .thenAccept(settled -> {});
  }
}
