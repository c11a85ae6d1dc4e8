// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
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

  /** When the token had no session for the turn, as {@link System#nanoTime} says; else {@link #IDLE}. */
  @GuardedBy("this")
  private final long[] aside;

  Turns(int count) {
    this.count = count;
    this.free = new LinkedBlockingDeque<>(count);
    this.began = new AtomicLongArray(count);
    this.aside = new long[count];
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
  synchronized boolean setAside(int turn) {
    if (Arrays.stream(aside).filter(since -> since == IDLE).count() == 1) {
      return false;
    }
    began.set(turn, IDLE);
    aside[turn] = System.nanoTime() | 1;
    return true;
  }

  /** Gives out again what was set aside at least so long ago: the token may have sessions by now. */
  synchronized void restore(Duration least) {
    for (int turn = 0; turn < count; turn++) {
      if (aside[turn] != IDLE && System.nanoTime() - aside[turn] >= least.toNanos()) {
        aside[turn] = IDLE;
        free.addLast(turn);
      }
    }
  }

  /**
   * For how long the call that has been inside for the longest has been.
   *
   * @param since a time of {@link System#nanoTime}: calls that began before it do not count
   */
  Duration oldest(long since) {
    long now = System.nanoTime();
    long oldest = 0;
    for (int turn = 0; turn < count; turn++) {
      long start = began.get(turn);
      if (start != IDLE && start - since >= 0) {
        oldest = Math.max(oldest, now - start);
      }
    }
    return Duration.ofNanos(oldest);
  }

  private boolean isAnyBegun() {
    for (int turn = 0; turn < count; turn++) {
      if (began.get(turn) != IDLE) {
        return true;
      }
    }
    return false;
  }

  /** Whether every turn has ended within {@code patience}; nobody may begin one meanwhile. */
  boolean allEnd(Duration patience) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (isAnyBegun()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      Thread.sleep(1);
    }
    return true;
  }
}
