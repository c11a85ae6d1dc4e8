// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What one event loop does for those who read, of whom many may not. */
final class StreamReadersTest {
  private static final int QUEUE_BYTES = 32 * 1024;
  private static final int EVENT_BYTES = 2 * 1024;

  /** What was put off until the loop has time. */
  private final Queue<Handler<Void>> later = new ArrayDeque<>();

  private final StreamReaders readers = new StreamReaders(context());
  private final Events events = new Events();
  private int gone;

  private Context context() {
    return (Context)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Context.class},
            (proxy, method, arguments) -> {
              @SuppressWarnings("unchecked")
              Handler<Void> handler = (Handler<Void>) arguments[0];
              later.add(handler);
              return null;
            });
  }

  private void turn() {
    while (!later.isEmpty()) {
      later.remove().handle(null);
    }
  }

  /** Events and tokens that the test says. */
  private static final class Events implements StreamSource {
    final NavigableMap<Long, Buffer> recent = new TreeMap<>();
    final NavigableMap<Long, Buffer> tokens = new TreeMap<>();
    long floor;
    int stalled;

    void add(long index) {
      recent.put(
          index, Buffer.buffer(("event " + index + " ").repeat(300).substring(0, EVENT_BYTES)));
    }

    @Override
    public void register(StreamReaders group) {}

    @Override
    public void unregister(StreamReaders group) {}

    @Override
    public long begin(OptionalLong after) {
      return after.isPresent() ? after.getAsLong() + 1 : 0;
    }

    @Override
    public boolean isOlder(long from) {
      return from < floor;
    }

    @Override
    public Optional<Map.Entry<Long, Buffer>> event(long from) {
      return Optional.ofNullable(recent.ceilingEntry(Math.max(from, floor)));
    }

    @Override
    public Optional<Map.Entry<Long, Buffer>> tokenAfter(long version) {
      return Optional.ofNullable(tokens.higherEntry(version));
    }

    @Override
    public CompletableFuture<Older> older(long from, WorkPool reads) {
      List<Map.Entry<Long, Buffer>> found =
          new ArrayList<>(recent.subMap(from, floor).entrySet()).stream().limit(64).toList();
      return CompletableFuture.completedFuture(
          new Older(found, found.isEmpty() ? floor : found.get(found.size() - 1).getKey() + 1));
    }

    @Override
    public void stalled() {
      stalled++;
    }
  }

  /** A connection; what is written stays in it until it is read. */
  private static final class Connection {
    final List<String> written = new ArrayList<>();
    private int queued;
    private boolean wasFull;
    private boolean reset;
    private @Nullable Handler<Void> drained;

    HttpServerResponse response() {
      return (HttpServerResponse)
          Proxy.newProxyInstance(
              getClass().getClassLoader(),
              new Class<?>[] {HttpServerResponse.class},
              (proxy, method, arguments) ->
                  switch (method.getName()) {
                    case "write" -> {
                      Buffer event = (Buffer) arguments[0];
                      queued += event.length();
                      written.add(
                          event.getString(0, Math.min(12, event.length()), "US-ASCII").trim());
                      yield Future.succeededFuture();
                    }
                    case "writeQueueFull" -> {
                      wasFull |= queued >= QUEUE_BYTES;
                      yield queued >= QUEUE_BYTES;
                    }
                    case "drainHandler" -> {
                      @SuppressWarnings("unchecked")
                      Handler<Void> handler = (Handler<Void>) arguments[0];
                      drained = handler;
                      yield proxy;
                    }
                    case "reset" -> {
                      reset = true;
                      yield Future.succeededFuture();
                    }
                    case "hashCode" -> System.identityHashCode(proxy);
                    case "equals" -> proxy == arguments[0];
                    default -> proxy;
                  });
    }

    /** The other end reads all there is. */
    void read() {
      queued = 0;
      if (wasFull && drained != null) {
        wasFull = false;
        drained.handle(null);
      }
    }
  }

  private Connection open(OptionalLong after) {
    Connection connection = new Connection();
    WorkPool none = null;
    readers.open(connection.response(), events, after, nothing(none), () -> gone++);
    return connection;
  }

  /** Events of the test need no pool to be read. */
  @SuppressWarnings("NullAway")
  private static WorkPool nothing(@Nullable WorkPool none) {
    return none;
  }

  /** Memory is bounded by what each connection takes at most, and who reads gets all the same. */
  @Test
  void fiveThousand_whoDoNotRead_costWhatTheirConnectionsHold_andAreDisconnected_andNobodyElseIs() {
    List<Connection> stalled = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      stalled.add(open(OptionalLong.empty()));
    }
    Connection healthy = open(OptionalLong.empty());
    for (int i = 0; i < 100; i++) {
      events.add(i);
      readers.tell();
      turn();
      healthy.read();
    }

    assertThat(healthy.written.stream().filter(event -> event.startsWith("event "))).hasSize(100);
    assertThat(stalled)
        .allSatisfy(
            each -> assertThat(each.queued).isBetween(QUEUE_BYTES, QUEUE_BYTES + EVENT_BYTES));
    assertThat(readers.size()).isEqualTo(5_001);

    readers.sweep(System.nanoTime() + StreamReaders.STALL_NANOS);
    assertThat(stalled).allSatisfy(each -> assertThat(each.reset).isTrue());
    assertThat(events.stalled).isEqualTo(5_000);
    assertThat(gone).isEqualTo(5_000);
    assertThat(readers.size()).isEqualTo(1);
    events.add(100);
    readers.tell();
    turn();
    assertThat(healthy.written).contains("event 100 ev");
  }

  @Test
  void readerThatGoesOn_isWrittenOlderEvents_asFarAsItsConnectionHasRoom_andMissesNone() {
    for (int i = 0; i < 200; i++) {
      events.add(i);
    }
    events.floor = 150;
    Connection reader = open(OptionalLong.of(9));
    for (int i = 0; i < 40; i++) {
      turn();
      assertThat(reader.queued).isLessThanOrEqualTo(QUEUE_BYTES + EVENT_BYTES);
      reader.read();
    }

    assertThat(reader.written.stream().map(event -> event.split(" ")[1]).map(Integer::parseInt))
        .isEqualTo(IntStream.range(10, 200).boxed().toList());
  }

  @Test
  void tokenThatIsOwed_waitsForFewEvents_andNotForTheLast() {
    for (int i = 0; i < 1_000; i++) {
      events.add(i);
    }
    events.tokens.put(1L, Buffer.buffer("token"));
    Connection resumed = open(OptionalLong.of(0));
    assertThat(resumed.written.indexOf("token")).isBetween(1, 8);

    events.floor = 900;
    Connection older = open(OptionalLong.of(0));
    turn();
    assertThat(older.written.indexOf("token")).isBetween(0, 20);
  }

  @Test
  void beat_isWrittenWhereNothingElseIs() {
    Connection reader = open(OptionalLong.of(0));
    readers.sweep(System.nanoTime() + StreamReaders.BEAT_NANOS);
    events.add(1);
    readers.sweep(System.nanoTime());

    assertThat(reader.written).containsExactly(":", "event 1 even");
  }
}
