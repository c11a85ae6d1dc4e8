// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.io.IOException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Keeps the newest signed checkpoint in an {@link AnchorFile}, once a second and when the ledger is
 * closed: nothing waits for it, so that of a crash the last second is not anchored. An anchor that cannot
 * be written stops nothing; it is told once, and once more when it can.
 */
final class Anchoring implements AutoCloseable {
  private static final long PERIOD_MILLIS = 1_000;

  private final AnchorFile file;
  private final HeadSigner signer;
  private final LedgerEvents events;
  private final ScheduledExecutorService ticks =
      Executors.newSingleThreadScheduledExecutor(task -> Deadlines.daemon(task, "ledger-anchor"));
  private long kept = -1;
  private boolean failed;

  Anchoring(AnchorFile file, HeadSigner signer, LedgerEvents events) {
    this.file = file;
    this.signer = signer;
    this.events = events;
    var unused = ticks.scheduleWithFixedDelay(this::keep, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  private synchronized void keep() {
    SignedHead newest = signer.newest();
    if (newest.head().size() == kept) {
      return;
    }
    try {
      file.keep(newest.note());
      kept = newest.head().size();
      if (failed) {
        events.anchorBack();
      }
      failed = false;
    } catch (IOException | RuntimeException e) {
      if (!failed) {
        events.anchorFailed(file + " must be writable (" + e + ")");
      }
      failed = true;
    }
  }

  /** Keeps the last one. */
  @Override
  public void close() {
    ticks.shutdown();
    keep();
  }
}
