// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server that does with a connection what a test says, well or badly, one after the other. */
final class RawServer implements AutoCloseable {
  private static final Pattern LENGTH = Pattern.compile("Content-Length: ([0-9]+)\r\n");

  /** What is done with a connection. */
  interface Conduct {
    void serve(InputStream in, OutputStream out) throws IOException;
  }

  private final ServerSocketChannel listener;
  private final Conduct conduct;
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final Thread thread = new Thread(this::run, "raw-server");

  private RawServer(ServerSocketChannel listener, Conduct conduct) {
    this.listener = listener;
    this.conduct = conduct;
    thread.setDaemon(true);
    thread.start();
  }

  static RawServer onLoopback(Conduct conduct) throws IOException {
    return new RawServer(
        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)),
        conduct);
  }

  static RawServer onUnixSocket(Path file, Conduct conduct) throws IOException {
    return new RawServer(
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
            .bind(UnixDomainSocketAddress.of(file)),
        conduct);
  }

  /** Reads a whole request, then answers this. */
  static RawServer answering(String... answers) throws IOException {
    return onLoopback(new Answers(answers));
  }

  int port() throws IOException {
    SocketAddress address = listener.getLocalAddress();
    return ((InetSocketAddress) address).getPort();
  }

  URI url() throws IOException {
    return URI.create("http://127.0.0.1:" + port());
  }

  /** What was asked so far, by a conduct that reads it with {@link #request}. */
  List<String> requests() {
    return requests;
  }

  /** Reads a whole request, as this client writes them. */
  @CanIgnoreReturnValue
  static String request(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      int read = in.read();
      if (read < 0) {
        throw new IOException("the request was cut off");
      }
      head.write(read);
    }
    String text = head.toString(StandardCharsets.ISO_8859_1);
    Matcher length = LENGTH.matcher(text);
    return length.find()
        ? text
            + new String(in.readNBytes(Integer.parseInt(length.group(1))), StandardCharsets.UTF_8)
        : text;
  }

  /** A whole answer with a body of JSON. */
  static String json(int status, String type, String body) {
    return "HTTP/1.1 "
        + status
        + " .\r\nContent-Type: "
        + type
        + "\r\nContent-Length: "
        + body.getBytes(StandardCharsets.UTF_8).length
        + "\r\n\r\n"
        + body;
  }

  static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private void run() {
    while (listener.isOpen()) {
      try (SocketChannel client = listener.accept()) {
        InputStream in = Channels.newInputStream(client);
        OutputStream out = Channels.newOutputStream(client);
        if (conduct instanceof Answers answers) {
          requests.add(request(in));
          write(out, answers.next());
        } else {
          conduct.serve(in, out);
        }
      } catch (IOException e) {
        // The client left, or the test is over: the client's side is what is asserted.
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }

  /** Each in its turn, the last for ever. */
  static final class Answers implements Conduct {
    private final String[] answers;
    private int next;

    Answers(String... answers) {
      this.answers = answers;
    }

    private synchronized String next() {
      return answers[Math.min(next++, answers.length - 1)];
    }

    @Override
    public void serve(InputStream in, OutputStream out) throws IOException {
      throw new IOException("bug: the server answers in this one's place");
    }
  }
}
