// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Those of one event loop who read a {@link RevocationStream}. Used by that loop's thread alone, but for
 * {@link #tell}.
 */
final class StreamReaders {
  /** How long a connection may take nothing: so much fits into the buffers between the two ends. */
  static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** After how long a reader is shown that the connection is there. */
  static final long BEAT_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** So many revocations are written at most before a token that is owed. */
  private static final int IN_A_ROW = 8;

  /** How much of what was written may wait in this process for one reader. */
  private static final int QUEUE_BYTES = 32 * 1024;

  private static final Buffer BEAT = Buffer.buffer(":\n\n");

  private final Context context;
  private final AtomicBoolean told = new AtomicBoolean();
  private final IdentityHashMap<HttpServerResponse, Reader> readers = new IdentityHashMap<>();
  private volatile int size;

  StreamReaders(Context context) {
    this.context = context;
  }

  int size() {
    return size;
  }

  /** There is more to read; from whatever thread. */
  void tell() {
    if (told.compareAndSet(false, true)) {
      try {
        context.runOnContext(
            now -> {
              told.set(false);
              new ArrayList<>(readers.values()).forEach(Reader::advance);
            });
      } catch (RejectedExecutionException e) {
        // The door was closed, and its readers are gone.
        told.set(false);
      }
    }
  }

  /**
   * Begins to write events.
   *
   * @param response its header is set
   * @param after the last event that the reader was told
   * @param reads reads older events
   * @param gone called once, when the reader is gone
   */
  void open(
      HttpServerResponse response,
      StreamSource stream,
      OptionalLong after,
      WorkPool reads,
      Runnable gone) {
    stream.register(this);
    Reader reader = new Reader(response, stream, stream.begin(after), reads, gone);
    readers.put(response, reader);
    size = readers.size();
    response.setWriteQueueMaxSize(QUEUE_BYTES);
    response.drainHandler(drained -> reader.advance());
    response.exceptionHandler(failed -> reader.end());
    response.closeHandler(closed -> reader.end());
    if (after.isEmpty()) {
      // Where to go on from, should the connection end before the first event. The tokens bear it
      // out.
      reader.write(Buffer.buffer("id: " + Math.max(0, reader.next - 1) + "\n\n"));
    }
    reader.advance();
  }

  /** Shows readers that somebody is there, and disconnects those that do not read. */
  void sweep(long now) {
    for (Reader reader : new ArrayList<>(readers.values())) {
      reader.sweep(now);
    }
  }

  /** Disconnects all: they come again, here or to another node. */
  void closeAll() {
    List<Map.Entry<HttpServerResponse, Reader>> all = new ArrayList<>(readers.entrySet());
    all.forEach(
        each -> {
          each.getValue().end();
          var unused = each.getKey().end();
        });
  }

  /** One who reads. */
  private final class Reader {
    private final HttpServerResponse response;
    private final StreamSource stream;
    private final WorkPool reads;
    private final Runnable gone;
    private long next;
    private long token;
    private long written = System.nanoTime();
    private boolean full;
    private long fullSince;
    private boolean reading;
    private boolean ended;

    Reader(
        HttpServerResponse response,
        StreamSource stream,
        long next,
        WorkPool reads,
        Runnable gone) {
      this.response = response;
      this.stream = stream;
      this.next = next;
      this.reads = reads;
      this.gone = gone;
    }

    private void write(Buffer event) {
      written = System.nanoTime();
      var unused = response.write(event);
    }

    private boolean mayWrite() {
      if (ended) {
        return false;
      }
      boolean isFull = response.writeQueueFull();
      if (isFull && !full) {
        fullSince = System.nanoTime();
      }
      full = isFull;
      return !isFull;
    }

    /** Writes what there is, as far as it is read: revocations before tokens, and neither alone for long. */
    void advance() {
      int inARow = 0;
      boolean more = true;
      while (more && mayWrite()) {
        if (inARow < IN_A_ROW && writeEvent()) {
          inARow++;
        } else {
          more = writeToken() || inARow == IN_A_ROW;
          inARow = 0;
        }
      }
    }

    private boolean writeEvent() {
      while (!reading) {
        if (stream.isOlder(next)) {
          readOlder();
          return false;
        }
        Map.Entry<Long, Buffer> event = stream.event(next).orElse(null);
        if (stream.isOlder(next)) {
          // It left the newest meanwhile, and what was found is one after it.
          continue;
        }
        if (event != null) {
          next = event.getKey() + 1;
          write(event.getValue());
        }
        return event != null;
      }
      return false;
    }

    private boolean writeToken() {
      Map.Entry<Long, Buffer> made = stream.tokenAfter(token).orElse(null);
      if (made == null) {
        return false;
      }
      token = made.getKey();
      write(made.getValue());
      return true;
    }

    private void readOlder() {
      reading = true;
      var unused =
          stream
              .older(next, reads)
              .whenComplete(
                  (found, failure) ->
                      context.runOnContext(
                          now -> {
                            reading = false;
                            if (failure != null) {
                              disconnect();
                            } else if (!ended) {
                              take(found);
                            }
                          }));
    }

    /** What there is no room for is read again once there is. */
    private void take(StreamSource.Older found) {
      for (Map.Entry<Long, Buffer> event : found.events()) {
        if (!mayWrite()) {
          return;
        }
        next = event.getKey() + 1;
        write(event.getValue());
      }
      next = found.next();
      if (mayWrite()) {
        var unused = writeToken();
      }
      advance();
    }

    void sweep(long now) {
      advance();
      if (!mayWrite()) {
        if (full && now - fullSince >= STALL_NANOS) {
          stream.stalled();
          disconnect();
        }
      } else if (now - written >= BEAT_NANOS) {
        write(BEAT);
      }
    }

    private void disconnect() {
      end();
      var unused = response.reset();
    }

    void end() {
      if (!ended) {
        ended = true;
        readers.remove(response);
        size = readers.size();
        if (size == 0) {
          stream.unregister(StreamReaders.this);
        }
        gone.run();
      }
    }
  }
}
