// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocketFactory;

/** A client that holds its connection and sends as little as it can. */
final class SlowSender implements AutoCloseable {
  private static final int CONNECT_MS = 10_000;
  private static final int GAP_MS = 250;
  private static final int BYTES = 200;

  /** How long a service may take to answer what it has whole. */
  private static final int ANSWER_GAPS = 40;

  /** How long a service may let a connection be that owes a request; 30 seconds are its standard. */
  private static final int IDLE_GAPS = 160;

  private static final Pattern REASON = Pattern.compile("\"reason\":\"([a-z_]+)\"");

  private final Socket socket;
  private final String host;

  private SlowSender(Socket socket, String host) {
    this.socket = socket;
    this.host = host;
  }

  static SlowSender connect(URI url) throws IOException {
    boolean tls = url.getScheme().equals("https");
    int port = url.getPort() > 0 ? url.getPort() : tls ? 443 : 80;
    Socket socket = tls ? SSLSocketFactory.getDefault().createSocket() : new Socket();
    socket.connect(new InetSocketAddress(url.getHost(), port), CONNECT_MS);
    socket.setSoTimeout(GAP_MS);
    return new SlowSender(socket, url.getHost());
  }

  /** Sends the start of a request line, and no more. */
  void touch() throws IOException {
    socket.getOutputStream().write('P');
  }

  /** What becomes of the connection after {@link #touch}. */
  Observed untilClosed() throws IOException {
    return await(IDLE_GAPS);
  }

  /** The head of a request whose body says to be so long, and no body: what is answered. */
  Observed headOfBody(int length) throws IOException {
    head(length);
    return await(ANSWER_GAPS);
  }

  /** A request for this path as it is written here: what is answered. */
  Observed get(String path) throws IOException {
    socket
        .getOutputStream()
        .write(
            ("GET " + path + " HTTP/1.1\r\nhost: " + host + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    return await(ANSWER_GAPS);
  }

  private void head(int length) throws IOException {
    socket
        .getOutputStream()
        .write(
            ("POST /v1/challenges HTTP/1.1\r\nhost: "
                    + host
                    + "\r\ncontent-type: application/json\r\ncontent-length: "
                    + length
                    + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
  }

  private Observed await(int gaps) throws IOException {
    for (int i = 0; i < gaps; i++) {
      Optional<String> answer = answer();
      if (answer.isPresent()) {
        return observed(answer.get());
      }
    }
    throw new IOException(
        "must be answered or closed within " + gaps * GAP_MS + " ms, and was not");
  }

  /** An answer of any success is an acceptance, else the problem's reason says why. */
  private static Observed observed(String answer) {
    if (answer.startsWith("HTTP/1.1 2")) {
      return Observed.ACCEPTED;
    }
    Matcher reason = REASON.matcher(answer);
    return Observed.refused(reason.find() ? reason.group(1) : answer);
  }

  /** A head at once, then the body that it promises: what becomes of it. */
  Observed bodyByteByByte() {
    try {
      OutputStream out = socket.getOutputStream();
      head(BYTES);
      out.write('{');
      for (int i = 1; i < BYTES; i++) {
        Optional<String> answer = answer();
        if (answer.isPresent()) {
          return observed(answer.get());
        }
        out.write(' ');
      }
      return Observed.ACCEPTED;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What came within the gap between two bytes. */
  private Optional<String> answer() throws IOException {
    InputStream in = socket.getInputStream();
    byte[] buffer = new byte[4096];
    try {
      int count = in.read(buffer);
      return Optional.of(
          count < 0 ? "closed" : new String(buffer, 0, count, StandardCharsets.UTF_8));
    } catch (SocketTimeoutException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
