// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts the calls that are inside a module, so that nobody finalises it under them: what a call does
 * then is undefined (PKCS#11 v2.40, section 5.4, C_Finalize), and with SoftHSM the process dies of it.
 */
final class ModuleGate {
  /** The sign bit: closed. The other bits are the count. */
  private static final int CLOSED = Integer.MIN_VALUE;

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final AtomicInteger inside = new AtomicInteger();

  /** Goes in, unless it is closed; {@link #leave} must follow. */
  void enter() throws CkrException {
    while (true) {
      int seen = inside.get();
      if (seen < 0) {
        throw new CkrException(ReturnValue.CKR_CRYPTOKI_NOT_INITIALIZED);
      }
      if (inside.compareAndSet(seen, seen + 1)) {
        return;
      }
    }
  }

  void leave() {
    int unused = inside.decrementAndGet();
  }

  boolean isClosed() {
    return inside.get() < 0;
  }

  /** Lets nobody in any more, for ever; whether those inside have left within {@code patience}. */
  boolean close(Duration patience) {
    int unused = inside.getAndUpdate(seen -> seen | CLOSED);
    long began = System.nanoTime();
    while (inside.get() != CLOSED) {
      if (System.nanoTime() - began > patience.toNanos()
          || Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    return true;
  }
}
