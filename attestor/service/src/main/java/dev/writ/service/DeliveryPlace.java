// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/**
 * How far a webhook was told, kept in the ledger's store under its name: all before it was taken or given up,
 * whichever node posted it. It is kept after what it is of, so that a stop between repeats and never leaves out.
 * For one thread.
 */
final class DeliveryPlace {
  /** However many are delivered, the store is written no more often. */
  private static final long KEPT_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Ledger ledger;
  private final RevocationEvents events;
  private final String name;
  private long next = -1;
  private long kept = -1;
  private long keptAt = System.nanoTime() - KEPT_EVERY_NANOS;

  DeliveryPlace(Ledger ledger, RevocationEvents events, String name) {
    this.ledger = ledger;
    this.events = events;
    this.name = name;
  }

  /**
   * The first leaf that is still to be told of: after the last that was, and for a webhook that is new, the
   * first of {@code sinceThen}.
   */
  long next(Instant sinceThen) throws LedgerException {
    if (next < 0) {
      OptionalLong before = ledger.told(name);
      if (before.isPresent()) {
        next = before.getAsLong();
        kept = next;
      } else {
        long first = events.since(sinceThen);
        keep(first);
        next = first;
      }
    }
    return next;
  }

  /** All up to this leaf was told. */
  void told(long index) throws LedgerException {
    next = index + 1;
    if (System.nanoTime() - keptAt >= KEPT_EVERY_NANOS) {
      keep(next);
    }
  }

  /** Makes durable how far it came. */
  void settle() throws LedgerException {
    if (next > kept) {
      keep(next);
    }
  }

  private void keep(long place) throws LedgerException {
    try {
      var unused = ledger.keepTold(name, place).toCompletableFuture().join();
      kept = place;
      keptAt = System.nanoTime();
    } catch (CompletionException e) {
      if (e.getCause() instanceof LedgerException failure) {
        throw failure;
      }
      throw e;
    }
  }
}
