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
import javax.net.ssl.SSLSocketFactory;

/** A client that holds its connection and sends as little as it can. */
final class SlowSender implements AutoCloseable {
  private static final int CONNECT_MS = 10_000;
  private static final int GAP_MS = 250;
  private static final int BYTES = 200;

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

  /** A head at once, then the body that it promises: what becomes of it. */
  Observed bodyByteByByte() {
    try {
      OutputStream out = socket.getOutputStream();
      out.write(
          ("POST /v1/challenges HTTP/1.1\r\nhost: "
                  + host
                  + "\r\ncontent-type: application/json\r\ncontent-length: "
                  + BYTES
                  + "\r\n\r\n{")
              .getBytes(StandardCharsets.US_ASCII));
      for (int i = 1; i < BYTES; i++) {
        Optional<String> answer = answer();
        if (answer.isPresent()) {
          return answer.get().contains("\"reason\":\"request_too_slow\"")
              ? Observed.refused("request_too_slow")
              : Observed.refused(answer.get());
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
