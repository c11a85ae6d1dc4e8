// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.vertx.core.http.HttpConnection;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop, each with the time by which it must have come to its next step.
 * Used by that loop's thread alone.
 *
 * <pre>
 * waiting    for a request's whole header       idle time-out from the last answer, however many bytes come
 * arriving   for the body's end                 arrival time-out from the header
 * answering  for the service's answer           none of its own: {@link Unanswered} has it
 * writing    until the answer is written out    idle time-out from the answer
 * lingering  reads and drops what still comes   a second, so that the last answer is not lost by a reset
 * </pre>
 *
 * <p>A connection that is late is closed at the next {@link #sweep}. So a header that comes byte by byte
 * buys no more time than a connection on which nothing comes.
 */
final class Connections {
  private static final long LINGER = TimeUnit.SECONDS.toNanos(1);

  /** Longer than any process runs, and far from where nanoseconds wrap. */
  private static final long NEVER = TimeUnit.DAYS.toNanos(36_500);

  /** One connection. */
  final class Connection {
    private final HttpConnection http;
    private long deadline;
    private @Nullable Runnable late;
    private @Nullable Object request;
    private boolean ending;

    private Connection(HttpConnection http, long now) {
      this.http = http;
      this.deadline = now + idle;
    }

    /**
     * Its next request may begin, unless it has: {@code done} must be the request that began last.
     */
    void waiting(long now, Object done) {
      if (request == done) {
        deadline = now + idle;
        late = null;
      }
    }

    /**
     * A request's header is there.
     *
     * @param begun the request
     * @param late answers the request if its body is not there in time
     */
    void arriving(long now, Object begun, Runnable late) {
      request = begun;
      deadline = now + arrival;
      this.late = late;
    }

    /** A request is there as a whole, and the next step is the service's. */
    void answering(long now, Object begun) {
      request = begun;
      deadline = now + NEVER;
      late = null;
    }

    /** The answer is there, for the client to read. */
    void writing(long now) {
      deadline = now + idle;
      late = null;
    }

    /** The answer that comes now is its last. What comes behind the request is no other. */
    void ending() {
      ending = true;
    }

    boolean isEnding() {
      return ending;
    }

    /** Its last answer is written; what comes is dropped. */
    void lingering(long now) {
      request = null;
      deadline = now + LINGER;
      late = null;
    }

    private void expire(long now) {
      Runnable answer = late;
      if (answer == null) {
        var unused = http.close();
      } else {
        lingering(now);
        answer.run();
      }
    }
  }

  private final long idle;
  private final long arrival;
  private final IdentityHashMap<HttpConnection, Connection> open = new IdentityHashMap<>();

  Connections(DoorsConfig.Limits limits) {
    this.idle = limits.idle().toNanos();
    this.arrival = limits.arrival().toNanos();
  }

  void opened(HttpConnection http, long now) {
    open.put(http, new Connection(http, now));
  }

  void closed(HttpConnection http) {
    open.remove(http);
  }

  /** Its state; absent where it was closed meanwhile. */
  @Nullable Connection of(HttpConnection http) {
    return open.get(http);
  }

  /** Closes those that are late. */
  void sweep(long now) {
    // A copy: closing one removes it.
    for (Connection connection : new ArrayList<>(open.values())) {
      if (now - connection.deadline >= 0) {
        connection.expire(now);
      }
    }
  }
}
