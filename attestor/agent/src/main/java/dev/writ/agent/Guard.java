// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.Closeable;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the time of one exchange, and ends one that takes too long by closing its connection: the one
 * way that works for sockets of every kind, in connecting, handshakes, reading and writing alike.
 */
final class Guard implements AutoCloseable {
  private final Object lock = new Object();
  private final Timeouts timeouts;
  private final long end;

  @GuardedBy("lock")
  private @Nullable Closeable connection;

  @GuardedBy("lock")
  private long stepEnd;

  @GuardedBy("lock")
  private boolean connected;

  @GuardedBy("lock")
  private boolean expired;

  @GuardedBy("lock")
  private boolean closed;

  private Guard(Timeouts timeouts) {
    this.timeouts = timeouts;
    this.end = System.nanoTime() + timeouts.whole().toNanos();
    this.stepEnd = earlier(timeouts.connect());
  }

  /** The time to connect begins. */
  static Guard start(Timeouts timeouts) {
    Guard guard = new Guard(timeouts);
    Thread thread = new Thread(guard::keepTime, "writ-http-guard");
    thread.setDaemon(true);
    thread.start();
    return guard;
  }

  /** Has this connection closed when time is up, and with this; an earlier one is closed now. */
  void watch(Closeable next) throws IOException {
    boolean late;
    synchronized (lock) {
      closeConnection();
      connection = next;
      late = expired || closed;
      if (late) {
        closeConnection();
      }
    }
    if (late) {
      throw new SocketTimeoutException(sentence());
    }
  }

  /** The connection stands, its handshake begins, or the next bytes are awaited or sent. */
  void moving() {
    synchronized (lock) {
      connected = true;
      stepEnd = earlier(timeouts.silence());
      // The time to connect may have been the longer one.
      lock.notifyAll();
    }
  }

  private long earlier(Duration limit) {
    long step = System.nanoTime() + limit.toNanos();
    return step - end < 0 ? step : end;
  }

  /** How many milliseconds are left to connect to one of {@code addresses}: at least one. */
  int share(int addresses) {
    synchronized (lock) {
      return (int) Math.max(1, (stepEnd - System.nanoTime()) / 1_000_000 / addresses);
    }
  }

  /** What to tell of a failure: that time was up, if that was its cause. */
  IOException explain(IOException failure) {
    synchronized (lock) {
      if (!expired) {
        return failure;
      }
    }
    return late(failure);
  }

  /** What to tell where time was up, as far as the exchange had come. */
  IOException late(IOException failure) {
    SocketTimeoutException late = new SocketTimeoutException(sentence());
    late.initCause(failure);
    return late;
  }

  private String sentence() {
    synchronized (lock) {
      return connected
          ? String.format(
              "the server must take or send something every %s and be done within %s, and was not",
              seconds(timeouts.silence()), seconds(timeouts.whole()))
          : String.format(
              "the server must be connected within %s, and was not", seconds(timeouts.connect()));
    }
  }

  private static String seconds(Duration time) {
    return BigDecimal.valueOf(time.toMillis(), 3).stripTrailingZeros().toPlainString() + " s";
  }

  private void keepTime() {
    synchronized (lock) {
      try {
        long left = stepEnd - System.nanoTime();
        while (!closed && left > 0) {
          // Rounded up: a wait of 0 would have no end.
          lock.wait(left / 1_000_000 + 1);
          left = stepEnd - System.nanoTime();
        }
      } catch (InterruptedException e) {
        // Whoever interrupts this thread wants the exchange ended.
        Thread.currentThread().interrupt();
      }
      expired = !closed;
      closeConnection();
    }
  }

  /** Ends the exchange. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
      closeConnection();
    }
  }

  @GuardedBy("lock")
  private void closeConnection() {
    Closeable open = connection;
    connection = null;
    if (open == null) {
      return;
    }
    try {
      open.close();
    } catch (IOException e) {
      // It was to be gone, and is.
      return;
    }
  }
}
