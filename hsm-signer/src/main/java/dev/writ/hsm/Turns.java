// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Whose call may be inside the token: as many at once as the profile says, each by the number of its
 * turn, with which goes one session of a {@link TokenConnection}.
 */
final class Turns {
  /** No call: a time of {@link System#nanoTime} is made odd, so that none is zero. */
  private static final long IDLE = 0;

  private final int count;

  /** The one that ended last is taken first: its session is the warmest. */
  private final LinkedBlockingDeque<Integer> free;

  private final AtomicLongArray began;

  /** 1 where the token has no session for the turn. */
  private final AtomicIntegerArray aside;

  Turns(int count) {
    this.count = count;
    this.free = new LinkedBlockingDeque<>(count);
    this.began = new AtomicLongArray(count);
    this.aside = new AtomicIntegerArray(count);
    for (int turn = 0; turn < count; turn++) {
      free.addLast(turn);
    }
  }

  int count() {
    return count;
  }

  /** Waits at most {@code patience} for a turn; {@link #end} must follow if it is given. */
  Optional<Integer> begin(Duration patience) throws InterruptedException {
    Integer turn = free.pollFirst(patience.toNanos(), TimeUnit.NANOSECONDS);
    if (turn == null) {
      return Optional.empty();
    }
    began.set(turn, System.nanoTime() | 1);
    return Optional.of(turn);
  }

  void end(int turn) {
    began.set(turn, IDLE);
    free.addFirst(turn);
  }

  /**
   * Ends a turn for which the token has no session and gives it to nobody until {@link #restore}.
   *
   * @return whether it did: of the last turn it only says that there is no other
   */
  boolean setAside(int turn) {
    synchronized (aside) {
      int left = 0;
      for (int other = 0; other < count; other++) {
        left += 1 - aside.get(other);
      }
      if (left == 1) {
        return false;
      }
      aside.set(turn, 1);
    }
    began.set(turn, IDLE);
    return true;
  }

  /** Gives out again what was set aside: the token may have sessions by now. */
  void restore() {
    synchronized (aside) {
      for (int turn = 0; turn < count; turn++) {
        if (aside.get(turn) == 1) {
          aside.set(turn, 0);
          free.addLast(turn);
        }
      }
    }
  }

  /** For how long the call that has been inside for the longest has been. */
  Duration oldest() {
    long now = System.nanoTime();
    long oldest = 0;
    for (int turn = 0; turn < count; turn++) {
      long start = began.get(turn);
      if (start != IDLE) {
        oldest = Math.max(oldest, now - start);
      }
    }
    return Duration.ofNanos(oldest);
  }

  /** Whether every turn has ended within {@code patience}; nobody may begin one meanwhile. */
  boolean allEnd(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (oldest().compareTo(Duration.ZERO) > 0) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      Thread.sleep(1);
    }
    return true;
  }
}
