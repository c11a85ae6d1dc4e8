// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** A connection on which a test writes what it likes, and reads answers of HTTP/1.1. */
final class HttpWire implements AutoCloseable {
  /** An answer. Header names are in lower case. */
  record Response(int status, Map<String, String> headers, byte[] body) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }

    String header(String name) {
      return headers.getOrDefault(name, "");
    }
  }

  private final AutoCloseable connection;
  private final InputStream in;
  private final OutputStream out;

  private HttpWire(AutoCloseable connection, InputStream in, OutputStream out) {
    this.connection = connection;
    this.in = in;
    this.out = out;
  }

  static HttpWire tcp(int port) throws IOException {
    return of(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  static HttpWire tls(int port, SSLContext context, String... protocols) throws IOException {
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
    socket.setEnabledProtocols(protocols);
    socket.startHandshake();
    return of(socket);
  }

  static HttpWire of(Socket socket) throws IOException {
    socket.setSoTimeout(20_000);
    socket.setTcpNoDelay(true);
    return new HttpWire(socket, socket.getInputStream(), socket.getOutputStream());
  }

  static HttpWire unix(Path path) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(path));
    return new HttpWire(
        channel, Channels.newInputStream(channel), Channels.newOutputStream(channel));
  }

  @CanIgnoreReturnValue
  HttpWire send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.UTF_8));
  }

  @CanIgnoreReturnValue
  HttpWire send(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
    return this;
  }

  Response get(String target) throws IOException {
    return send("GET " + target + " HTTP/1.1\r\nHost: writ\r\n\r\n").read();
  }

  Response post(String target, String json) throws IOException {
    return post(target, "application/json", json.getBytes(StandardCharsets.UTF_8));
  }

  Response post(String target, String type, byte[] body) throws IOException {
    return request("POST", target, type, body);
  }

  Response request(String method, String target, String type, byte[] body) throws IOException {
    String head =
        method
            + " "
            + target
            + " HTTP/1.1\r\nHost: writ\r\n"
            + (type.isEmpty() ? "" : "Content-Type: " + type + "\r\n")
            + "Content-Length: "
            + body.length
            + "\r\n\r\n";
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(head.getBytes(StandardCharsets.UTF_8));
    all.writeBytes(body);
    return send(all.toByteArray()).read(method);
  }

  Response read() throws IOException {
    return read("GET");
  }

  /** The next answer, to a request of this method. */
  Response read(String method) throws IOException {
    String[] status = line().split(" ", 3);
    Map<String, String> headers = new HashMap<>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
    }
    int length =
        method.equals("HEAD") ? 0 : Integer.parseInt(headers.getOrDefault("content-length", "0"));
    byte[] body = in.readNBytes(length);
    if (body.length != length) {
      throw new EOFException("an answer must be whole, was cut");
    }
    return new Response(Integer.parseInt(status[1]), headers, body);
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the connection was closed");
      }
      line.write(c);
    }
    String text = line.toString(StandardCharsets.ISO_8859_1);
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }

  /** The answer, or nothing where the connection is closed instead of one. */
  Optional<Response> readOrEnd() {
    try {
      return Optional.of(read());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Waits for the other side to close; what it still sends is dropped. */
  void awaitEnd() throws IOException {
    byte[] dropped = new byte[4096];
    try {
      while (in.read(dropped) >= 0) {
        // Until the end.
      }
    } catch (java.net.SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      // A reset is an end too.
    }
  }

  /** Sends no more, and reads on. */
  void halfClose() throws IOException {
    ((Socket) connection).shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    try {
      connection.close();
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }
}
