// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The right to be in the ledger's queues and hands. Of these there are so many, and each goes to the
 * next only when no thread has what held it, however long ago that was answered: so that what waits
 * is bounded while a disk or a key hangs.
 */
final class Place {
  private final Semaphore places;
  private final AtomicBoolean freed = new AtomicBoolean();

  /** One that was acquired of {@code places}. */
  Place(Semaphore places) {
    this.places = places;
  }

  /** Gives it back, once however often it is called. */
  void free() {
    if (!freed.getAndSet(true)) {
      places.release();
    }
  }
}
