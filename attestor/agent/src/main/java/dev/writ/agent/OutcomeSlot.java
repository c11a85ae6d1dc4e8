// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.OutcomeStatement;
import java.io.IOException;

/**
 * A place of an {@link OutcomeSpool}, for one execution's outcome. Its owner is the process that
 * reserved it: when that ends without filling it, the place is free again. Used by one thread.
 */
public final class OutcomeSlot implements AutoCloseable {
  private final OutcomeSpool spool;
  private final SpoolFile file;
  private boolean open = true;

  OutcomeSlot(OutcomeSpool spool, SpoolFile file) {
    this.spool = spool;
    this.file = file;
  }

  /**
   * Keeps the statement, durably before it returns, until it is delivered. The room for it is taken
   * already, so a full disk does not hinder it.
   *
   * @throws IOException if the disk fails; it may be tried again
   * @throws IllegalStateException if the slot was filled or released before
   */
  public void fill(OutcomeStatement statement) throws IOException {
    requireOpen();
    spool.fill(file, statement);
    open = false;
    file.close();
  }

  /**
   * Gives the place back, because the outcome was delivered, or nothing ran.
   *
   * @throws IOException if the disk fails; the place is free when this process ends
   * @throws IllegalStateException if the slot was filled or released before
   */
  public void release() throws IOException {
    requireOpen();
    open = false;
    try {
      file.delete();
    } finally {
      file.close();
    }
  }

  private void requireOpen() {
    if (!open) {
      throw new IllegalStateException("bug: a slot is filled or released once");
    }
  }

  /**
   * Leaves the slot as it is, if it was neither filled nor released: a reservation that nobody owns is
   * removed by the next, and what was filled as far as the disk let it may be there.
   */
  @Override
  public void close() throws IOException {
    if (open) {
      open = false;
      file.close();
    }
  }
}
