// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.time.Duration;

/** Passes events on, and loses what the listener throws: it must not cost an entry its answer. */
final class QuietEvents implements LedgerEvents {
  private final LedgerEvents listener;

  QuietEvents(LedgerEvents listener) {
    this.listener = listener;
  }

  @Override
  public void batchCommitted(int entries, Duration took) {
    tell(() -> listener.batchCommitted(entries, took));
  }

  @Override
  public void commitFailed(String code) {
    tell(() -> listener.commitFailed(code));
  }

  @Override
  public void headSigned(Duration took) {
    tell(() -> listener.headSigned(took));
  }

  @Override
  public void signatureFailed(String code) {
    tell(() -> listener.signatureFailed(code));
  }

  @Override
  public void quorumMissed() {
    tell(listener::quorumMissed);
  }

  @Override
  public void witnessFailed(String name, String reason, boolean contradicts) {
    tell(() -> listener.witnessFailed(name, reason, contradicts));
  }

  @Override
  public void witnessBack(String name) {
    tell(() -> listener.witnessBack(name));
  }

  @Override
  public void witnessesChanged() {
    tell(listener::witnessesChanged);
  }

  @Override
  public void anchorFailed(String reason) {
    tell(() -> listener.anchorFailed(reason));
  }

  @Override
  public void anchorBack(String name) {
    tell(() -> listener.anchorBack(name));
  }

  @Override
  public void archiveFailed(String reason) {
    tell(() -> listener.archiveFailed(reason));
  }

  @Override
  public void archiveBack() {
    tell(listener::archiveBack);
  }

  private static void tell(Runnable event) {
    try {
      event.run();
    } catch (RuntimeException e) {
      // The listener's bug; it is not this thread's to report.
    }
  }
}
