// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One of a service's doors, over TCP or a Unix socket, for requests one after the other. */
final class HttpDoor implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** An answer whose members, as far as they are read, are strings without escapes, or numbers. */
  record Response(int status, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    /** The string that is the value of {@code member}. */
    String member(String member) throws IOException {
      Matcher matcher = Pattern.compile("\"" + member + "\":\"([^\"\\\\]*)\"").matcher(text());
      if (!matcher.find()) {
        throw new IOException("the answer must have " + member + ", was " + text());
      }
      return matcher.group(1);
    }

    /** The bytes of which the value of {@code member} is the base64url form. */
    byte[] bytes(String member) throws IOException {
      return Base64.getUrlDecoder().decode(member(member));
    }

    @CanIgnoreReturnValue
    Response require(int expected) throws IOException {
      if (status != expected) {
        throw new IOException("the answer must be " + expected + ", was " + status + " " + text());
      }
      return this;
    }
  }

  private final SocketAddress address;
  private final ResponseReader reader = new ResponseReader();
  private @Nullable SocketChannel channel;

  HttpDoor(SocketAddress address) {
    this.address = address;
  }

  Response get(String path) throws IOException {
    return exchange(head("GET", path) + "\r\n");
  }

  Response post(String path, String json) throws IOException {
    return exchange(
        head("POST", path)
            + "content-type: application/json\r\ncontent-length: "
            + json.getBytes(StandardCharsets.UTF_8).length
            + "\r\n\r\n"
            + json);
  }

  private static String head(String method, String path) {
    return method + " " + path + " HTTP/1.1\r\nhost: localhost\r\n";
  }

  private Response exchange(String request) throws IOException {
    return exchange(ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)));
  }

  /** Sends a whole request as it stands. */
  Response exchange(ByteBuffer request) throws IOException {
    boolean done = false;
    try (Selector selector = Selector.open()) {
      SocketChannel to = connected();
      to.configureBlocking(false);
      to.register(selector, SelectionKey.OP_READ);
      while (request.hasRemaining()) {
        if (to.write(request) == 0) {
          Thread.onSpinWait();
        }
      }
      await(selector, to);
      done = true;
      return new Response(reader.status(), reader.body());
    } finally {
      if (!done) {
        close();
      }
    }
  }

  private void await(Selector selector, SocketChannel from) throws IOException {
    reader.reset();
    long end = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      long left = Duration.ofNanos(end - System.nanoTime()).toMillis();
      if (left <= 0 || selector.select(left) == 0) {
        throw new InterruptedIOException("the service gave no answer within " + LIMIT);
      }
      selector.selectedKeys().clear();
      int count = from.read(reader.room());
      if (count < 0) {
        throw new IOException("the service closed the connection before it answered");
      }
      if (reader.advance(count)) {
        return;
      }
    }
  }

  private SocketChannel connected() throws IOException {
    SocketChannel open = channel;
    if (open == null) {
      open = SocketChannel.open(familyOf(address));
      channel = open;
      open.connect(address);
    }
    return open;
  }

  private static ProtocolFamily familyOf(SocketAddress address) {
    return address instanceof UnixDomainSocketAddress
        ? StandardProtocolFamily.UNIX
        : StandardProtocolFamily.INET;
  }

  @Override
  public void close() throws IOException {
    SocketChannel open = channel;
    channel = null;
    if (open != null) {
      open.close();
    }
  }
}
