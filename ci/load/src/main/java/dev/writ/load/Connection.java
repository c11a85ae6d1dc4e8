// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A connection that is kept, and the one exchange that is under way on it. Used by one thread. */
final class Connection {
  private static final int REQUEST_BYTES = 16 * 1024;
  private static final byte[] CHALLENGE = "\"challenge\":\"".getBytes(StandardCharsets.US_ASCII);
  private static final Pattern REASON = Pattern.compile("\"reason\":\"([a-z0-9_.-]*)\"");

  /** What an event on the connection brought about. */
  enum Progress {
    WAITING,
    CHALLENGED,
    ENDED
  }

  private enum Stage {
    IDLE,
    CHALLENGE,
    APPLICATION
  }

  private final ByteBuffer out = ByteBuffer.allocateDirect(REQUEST_BYTES);
  private final ResponseReader reader = new ResponseReader();
  private Stage stage = Stage.IDLE;
  private @Nullable SocketChannel channel;
  private @Nullable SelectionKey key;
  private @Nullable LoadHost host;
  private long dueAt;
  private long sentAt;
  private long answeredAt;
  private long challengeNanos;
  private String refusal = "";
  private Optional<Exchange.Refusal> refused = Optional.empty();

  /** Connects unless it is connected. */
  void open(Selector selector, InetSocketAddress service) throws IOException {
    if (channel != null) {
      return;
    }
    SocketChannel opened = SocketChannel.open();
    try {
      opened.setOption(StandardSocketOptions.TCP_NODELAY, true);
      opened.connect(service);
      opened.configureBlocking(false);
      key = opened.register(selector, SelectionKey.OP_READ, this);
    } catch (IOException e) {
      opened.close();
      throw e;
    }
    channel = opened;
    stage = Stage.IDLE;
  }

  void begin(LoadHost by, long due) throws IOException {
    host = by;
    dueAt = due;
    out.clear();
    by.askForChallenge(out);
    send(Stage.CHALLENGE);
  }

  private void send(Stage next) throws IOException {
    stage = next;
    reader.reset();
    out.flip();
    sentAt = System.nanoTime();
    write();
  }

  private void write() throws IOException {
    Objects.requireNonNull(channel).write(out);
    Objects.requireNonNull(key)
        .interestOps(
            out.hasRemaining()
                ? SelectionKey.OP_READ | SelectionKey.OP_WRITE
                : SelectionKey.OP_READ);
  }

  /** Does what the connection is ready for. */
  Progress proceed() throws IOException {
    if (out.hasRemaining()) {
      write();
    }
    int count = Objects.requireNonNull(channel).read(reader.room());
    if (count < 0) {
      throw new IOException("the service closed it");
    }
    if (count == 0) {
      return Progress.WAITING;
    }
    if (stage == Stage.IDLE) {
      throw new IOException("the service said something that nobody asked");
    }
    if (!reader.advance(count)) {
      return Progress.WAITING;
    }
    answeredAt = System.nanoTime();
    return stage == Stage.CHALLENGE ? challenged() : ended(201);
  }

  private Progress challenged() throws IOException {
    if (reader.status() != 200) {
      return ended(200);
    }
    byte[] bytes = reader.buffer();
    int from = reader.bodyAt() + 1 + CHALLENGE.length;
    int to = from;
    while (to < reader.bodyEnd() && bytes[to] != '"') {
      to++;
    }
    challengeNanos = answeredAt - sentAt;
    out.clear();
    Objects.requireNonNull(host).apply(bytes, from, to, out);
    send(Stage.APPLICATION);
    return Progress.CHALLENGED;
  }

  private Progress ended(int good) {
    refusal = "";
    refused = Optional.empty();
    if (reader.status() != good || stage == Stage.CHALLENGE) {
      String body = new String(reader.body(), StandardCharsets.UTF_8);
      refused = Optional.of(new Exchange.Refusal(reader.status(), reader.head(), body));
      Matcher reason = REASON.matcher(body);
      refusal =
          (stage == Stage.CHALLENGE ? "challenge " : "application ")
              + reader.status()
              + (reason.find() ? " " + reason.group(1) : "");
    }
    stage = Stage.IDLE;
    return Progress.ENDED;
  }

  /** How long the challenge took. */
  long challengeNanos() {
    return challengeNanos;
  }

  boolean isIssued() {
    return refusal.isEmpty();
  }

  /** Status and reason of the answer that was no artifact. */
  String refusal() {
    return refusal;
  }

  /** What has ended. */
  Exchange exchange() {
    return new Exchange(dueAt, answeredAt, refused);
  }

  boolean isBusy() {
    return stage != Stage.IDLE;
  }

  /** Whether the application of the exchange under way was sent. */
  boolean hasApplied() {
    return stage == Stage.APPLICATION;
  }

  long dueAt() {
    return dueAt;
  }

  /** When the last request was sent. */
  long sentAt() {
    return sentAt;
  }

  /** When the last answer was whole. */
  long answeredAt() {
    return answeredAt;
  }

  /** The last request. */
  ByteBuffer application() {
    return out.duplicate().rewind();
  }

  /** The last answer's body. */
  ByteBuffer body() {
    return ByteBuffer.wrap(reader.buffer(), reader.bodyAt(), reader.bodyEnd() - reader.bodyAt());
  }

  void close() {
    stage = Stage.IDLE;
    SocketChannel open = channel;
    channel = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        // It was given up already.
      }
    }
  }
}
