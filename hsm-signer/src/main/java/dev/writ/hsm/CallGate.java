// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Counts the calls that are inside a module, or use a key's handle, so that nobody finalises the module or
 * destroys the key under them. What a call does in a module that ends is undefined (PKCS#11 v2.40, section
 * 5.4, C_Finalize), and with SoftHSM the process dies of it; a destroyed key's handle may come to name
 * another.
 */
final class CallGate {
  /** The sign bit: closed. The other bits are the count. */
  private static final int CLOSED = Integer.MIN_VALUE;

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final ReturnValue answer;
  private final AtomicInteger inside = new AtomicInteger();

  /**
   * An open one.
   *
   * @param answer what whoever comes too late is told
   */
  CallGate(ReturnValue answer) {
    this.answer = answer;
  }

  /** Goes in, unless it is closed; {@link #leave} must follow. */
  void enter() throws CkrException {
    while (true) {
      int seen = inside.get();
      if (seen < 0) {
        throw new CkrException(answer);
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
