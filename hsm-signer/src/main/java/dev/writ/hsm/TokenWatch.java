// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The thread that looks after a token's connection: it notices calls that do not come back, signs when
 * nobody else has for a while, and connects anew after a loss, at first at once and then ever more
 * seldom, down to the profile's reconnect.
 */
final class TokenWatch implements Runnable {
  private static final Duration TICK = Duration.ofMillis(100);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);

  private final TokenSigning token;
  private final TokenProfile profile;
  private final Thread thread;

  private final AtomicBoolean keepingAlive = new AtomicBoolean();

  @GuardedBy("this")
  private boolean ended;

  @GuardedBy("this")
  private boolean woken;

  TokenWatch(TokenSigning token, TokenProfile profile, String name) {
    this.token = token;
    this.profile = profile;
    this.thread = new Thread(this, name);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** The connection was lost: there is something to do. */
  synchronized void wake() {
    woken = true;
    notifyAll();
  }

  synchronized void end() {
    ended = true;
    notifyAll();
  }

  @Override
  public void run() {
    Duration pause = TICK;
    Duration afterNext = FIRST_PAUSE;
    while (await(pause)) {
      pause = TICK;
      try {
        if (!token.isAway()) {
          lookAfter();
        } else if (token.reconnect()) {
          afterNext = FIRST_PAUSE;
        } else {
          pause = afterNext;
          afterNext = shorter(afterNext.multipliedBy(2), profile.times().reconnect());
        }
      } catch (RuntimeException e) {
        // A listener's, or a bug: it must not leave the token without its watch. The next round
        // shows
        // whether it matters.
        pause = profile.times().reconnect();
      }
    }
  }

  private void lookAfter() {
    token.noteSilence();
    token.restoreTurns();
    if (token.idle().compareTo(profile.times().keepAlive()) > 0) {
      keepAlive();
    }
  }

  /** On a thread of its own, so that a signature that does not come back is noticed by this one. */
  private void keepAlive() {
    if (keepingAlive.compareAndSet(false, true)) {
      Thread signer =
          new Thread(
              () -> {
                try {
                  token.keepAlive();
                } finally {
                  keepingAlive.set(false);
                }
              },
              thread.getName() + "-keep-alive");
      signer.setDaemon(true);
      signer.start();
    }
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** Waits for {@code pause}, or until there is something to do; whether to go on. */
  private synchronized boolean await(Duration pause) {
    long deadline = System.nanoTime() + pause.toNanos();
    try {
      while (!ended && !woken) {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          break;
        }
        wait(left);
      }
    } catch (InterruptedException e) {
      return false;
    }
    woken = false;
    return !ended;
  }
}
