// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.tlog.Hash;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TilePath;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Moves old leaves from the store to the archive while the ledger is open, a few bundles at a time from the
 * oldest on. What a crash or a failure leaves at each step:
 *
 * <pre>
 * 1  leaves and tile read, and proven     nothing
 *    by the tile above
 * 2  files written under other names      a file that ends in .tmp, which nobody reads
 * 3  linked to their names, read back,    files of what the store has, too: the next run finds them,
 *    and proven again                     compares, and goes on
 * 4  their folders forced                 as 3
 * 5  in one transaction: the minimum      all of it or nothing. Where nothing, as 3; where all, and
 *    index raised, rows deleted           nobody heard of it, the next run begins at the minimum
 * </pre>
 *
 * <p>So leaves are in one place or in both. Of several nodes that do so at once with the same folder, each
 * compares what another wrote, and one raises the minimum from where it was; for the others that is no
 * failure. What cannot be moved stays in the store; it is told once, and once more when it can.
 *
 * <p>The transaction is a job between two batches, of about as many rows as a large batch writes. After
 * each the thread rests for as long as it worked, so that disk and writer are others' half of the time also
 * where it has years to catch up with.
 */
final class Archiving implements AutoCloseable {
  /** Bundles that one transaction drops: 2,048 leaves, of which two a second are more than one node issues. */
  private static final int AT_ONCE = 8;

  private static final long PERIOD_MILLIS = 250;
  private static final long END_MILLIS = 5_000;

  private final TileArchive archive;
  private final StoreReader store;
  private final HeadSigner signer;
  private final Jobs jobs;
  private final InstantSource clock;
  private final LedgerEvents events;
  private final ScheduledExecutorService ticks =
      Executors.newSingleThreadScheduledExecutor(task -> Deadlines.daemon(task, "ledger-archive"));
  private volatile boolean ending;

  /** Owned by its thread. */
  private boolean failed;

  Archiving(
      TileArchive archive,
      StoreReader store,
      HeadSigner signer,
      Jobs jobs,
      InstantSource clock,
      LedgerEvents events) {
    this.archive = archive;
    this.store = store;
    this.signer = signer;
    this.jobs = jobs;
    this.clock = clock;
    this.events = events;
    var unused =
        ticks.scheduleWithFixedDelay(this::moveAll, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void moveAll() {
    try {
      boolean more = true;
      while (more && !ending) {
        long start = System.nanoTime();
        more = moveSome();
        TimeUnit.NANOSECONDS.sleep(more ? System.nanoTime() - start : 0);
      }
      if (failed) {
        events.archiveBack();
      }
      failed = false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (LedgerException | RuntimeException e) {
      if (!failed && !ending) {
        events.archiveFailed(String.valueOf(e.getMessage()));
        failed = true;
      }
    }
  }

  /** Moves the oldest bundles that are old enough; false if none is. */
  private boolean moveSome() throws LedgerException {
    Instant before = clock.instant().minus(archive.config().kept());
    // Only what a signed checkpoint covers is anybody's to read.
    long signed = signer.newest().head().size();
    long from = store.tree(KeptTree::minimum);
    long most = Math.min(signed, from + (long) AT_ONCE * Tile.WIDTH);
    long to = from;
    while (most - to >= Tile.WIDTH && isOld(to, before)) {
      copy(to / Tile.WIDTH);
      to += Tile.WIDTH;
    }
    if (to == from) {
      return false;
    }
    archive.settle();
    drop(from, to);
    return true;
  }

  /** Whether all leaves of the bundle that begins at {@code first} are older. */
  private boolean isOld(long first, Instant before) throws LedgerException {
    long last = first + Tile.WIDTH - 1;
    // The last is the newest but for what threads are apart: most often it alone is read.
    return store.tree(
        tree -> {
          for (long start : new long[] {last, first}) {
            long index = start;
            for (byte[] leaf : tree.leaves(start, last + 1)) {
              if (!time(index, leaf).isBefore(before)) {
                return false;
              }
              index++;
            }
          }
          return true;
        });
  }

  private static Instant time(long index, byte[] leaf) throws LedgerException {
    try {
      return Leaf.parse(leaf).time();
    } catch (MalformedLeafException e) {
      throw SignedTree.corrupt("leaf " + index + ": " + e.getMessage(), e);
    }
  }

  /** Steps 1 to 3. */
  private void copy(long index) throws LedgerException {
    FullBundle bundle = store.tree(tree -> tree.bundle(index));
    archive.add(bundle.tilePath().text(), bundle.tile());
    archive.add(bundle.entriesPath().text(), bundle.entries());
    Hash above = store.tree(tree -> tree.above(0, index));
    var unused = archive.leaves(index, archive.tile(index, above));
    copyFilledBy(index);
  }

  /** Tiles above that are full with this bundle: they stay in the store, and the folder is a log's without them. */
  private void copyFilledBy(long index) throws LedgerException {
    long place = index;
    for (int level = 1; (place + 1) % Tile.WIDTH == 0; level++) {
      place /= Tile.WIDTH;
      TilePath path = new TilePath(level, place, Tile.WIDTH);
      byte[] tile = store.tree(tree -> tree.fullTile(path.level(), path.index()));
      archive.add(path.text(), tile);
    }
  }

  /** Step 5. */
  private void drop(long from, long to) throws LedgerException {
    var unused =
        Jobs.await(
            jobs.submit(
                "leaves that are in the archive must leave the store",
                (writer, now) -> writer.treeWrites().drop(from, to)));
  }

  /** Ends with the transaction under way. */
  @Override
  public void close() {
    ending = true;
    ticks.shutdownNow();
    try {
      var unused = ticks.awaitTermination(END_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
