// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.NoteSigningException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A checkpoint's key as far away as an HSM behind a network: each signature comes later by as much. */
final class LateSigner implements NoteSigner {
  private final NoteSigner signer;
  private volatile Duration delay = Duration.ZERO;

  LateSigner(NoteSigner signer) {
    this.signer = signer;
  }

  void delay(Duration by) {
    delay = by;
  }

  @Override
  public NoteKey key() {
    return signer.key();
  }

  @Override
  public byte[] sign(byte[] text) throws NoteSigningException {
    long end = System.nanoTime() + delay.toNanos();
    for (long left = delay.toNanos(); left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
    return signer.sign(text);
  }
}
