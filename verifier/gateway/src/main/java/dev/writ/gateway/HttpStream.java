// SPDX-License-Identifier: Apache-2.0
package dev.writ.gateway;

import dev.writ.artifact.TrustFile;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One GET or POST on a connection of its own, whose answer is read as it comes: over TLS 1.3 as the context
 * believes the server, or plainly to a loopback address. No redirect is followed. {@link #close} ends a
 * read that waits, from whatever thread; so does the time that {@link #closeAt} says.
 */
final class HttpStream implements AutoCloseable {
  private static final Duration LONGEST_CONNECT = Duration.ofSeconds(5);
  private static final int MAX_HEADER = 16 * 1024;

  /** Longest chunk that is believed: a service writes far shorter ones. */
  private static final long MAX_CHUNK = 1 << 24;

  private final Socket connection = new Socket();

  /** True once the time was over; false where it no longer counts. */
  private volatile CompletableFuture<Boolean> over = CompletableFuture.completedFuture(false);

  /** Owned by whoever asks. */
  private long end;

  /**
   * An answer.
   *
   * @param status of HTTP
   * @param body decoded, and without a bound of its own
   */
  record Response(int status, InputStream body) {}

  /**
   * Asks.
   *
   * @param service scheme, host and port of it
   * @param path from the root, with nothing that needs an escape
   * @param headers beside those that each request has
   * @param silence how long nothing may come, also before the connection is there
   */
  Response get(
      URI service,
      Optional<SSLContext> tls,
      String path,
      Map<String, String> headers,
      Duration silence)
      throws IOException {
    return ask(service, tls, "GET " + path, headers, new byte[0], silence);
  }

  /** Sends a JSON document, likewise. */
  Response post(URI service, Optional<SSLContext> tls, String path, byte[] json, Duration silence)
      throws IOException {
    return ask(
        service,
        tls,
        "POST " + path,
        Map.of("Content-Type", "application/json", "Content-Length", "" + json.length),
        json,
        silence);
  }

  /**
   * Closes at a time of {@link System#nanoTime}, whatever came by then: a timeout of reads begins anew with
   * each byte. The last time that was said counts.
   */
  void closeAt(long nanoTime) {
    if (nanoTime == end && !over.isDone()) {
      return;
    }
    closeNever();
    end = nanoTime;
    over = new CompletableFuture<>();
    CompletableFuture<Void> unused =
        over.completeOnTimeout(true, nanoTime - System.nanoTime(), TimeUnit.NANOSECONDS)
            .thenAccept(
                isOver -> {
                  if (isOver) {
                    close();
                  }
                });
  }

  /** No time closes it. */
  void closeNever() {
    var unused = over.complete(false);
  }

  /** Whether its time closed it. */
  boolean isOver() {
    return over.getNow(false);
  }

  private Response ask(
      URI service,
      Optional<SSLContext> tls,
      String methodAndPath,
      Map<String, String> headers,
      byte[] content,
      Duration silence)
      throws IOException {
    boolean secure = "https".equals(service.getScheme());
    int port = service.getPort() >= 0 ? service.getPort() : secure ? 443 : 80;
    String host = service.getHost().replaceAll("[\\[\\]]", "");
    InetAddress address = InetAddress.getByName(host);
    if (!secure && !address.isLoopbackAddress()) {
      throw new IOException("a service must be asked over https, or on this machine: " + service);
    }
    connection.setTcpNoDelay(true);
    // Of which 0 would be for ever.
    int most = (int) Math.max(1, silence.toMillis());
    connection.connect(
        new InetSocketAddress(address, port), (int) Math.min(most, LONGEST_CONNECT.toMillis()));
    connection.setSoTimeout(most);
    Socket socket = secure ? secured(tls, host, port) : connection;
    StringBuilder request =
        new StringBuilder(methodAndPath)
            .append(" HTTP/1.1\r\nHost: ")
            .append(service.getRawAuthority())
            .append("\r\n");
    headers.forEach(
        (name, value) -> request.append(name).append(": ").append(value).append("\r\n"));
    OutputStream out = socket.getOutputStream();
    out.write(request.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
    out.write(content);
    out.flush();
    InputStream in = new BufferedInputStream(socket.getInputStream(), 8192);
    return response(in);
  }

  private Socket secured(Optional<SSLContext> tls, String host, int port) throws IOException {
    SSLContext context =
        tls.orElseThrow(
            () -> new IOException("https must have keys to believe in, and none are given"));
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(connection, host, port, true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setProtocols(new String[] {"TLSv1.3"});
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  private static Response response(InputStream in) throws IOException {
    int[] left = {MAX_HEADER};
    String line = headerLine(in, left);
    if (!line.matches("HTTP/1\\.1 [1-5][0-9]{2}( .*)?")) {
      throw new IOException("the answer must be of HTTP/1.1, was not");
    }
    Map<String, String> headers = new HashMap<>();
    for (String field = headerLine(in, left); !field.isEmpty(); field = headerLine(in, left)) {
      int colon = field.indexOf(':');
      if (colon < 1) {
        throw new IOException("a header must have a name and a value, had not");
      }
      headers.put(
          field.substring(0, colon).toLowerCase(Locale.ROOT), field.substring(colon + 1).trim());
    }
    boolean chunked = "chunked".equalsIgnoreCase(headers.get("transfer-encoding"));
    return new Response(
        Integer.parseInt(line.substring(9, 12)),
        chunked ? new Chunks(in) : limited(in, headers.get("content-length")));
  }

  private static InputStream limited(InputStream in, @Nullable String length) throws IOException {
    if (length == null || !length.matches("[0-9]{1,9}")) {
      throw new IOException("an answer must say how long it is, or come in chunks; did not");
    }
    // An answer that is not streamed is a token, a receipt, a trust file or a problem.
    int count = Math.min(Integer.parseInt(length), TrustFile.MAX_BYTES);
    byte[] body = in.readNBytes(count);
    if (body.length < count) {
      throw new EventReader.TruncatedException();
    }
    return new ByteArrayInputStream(body);
  }

  private static String headerLine(InputStream in, int[] left) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EventReader.TruncatedException();
      }
      if (--left[0] < 0) {
        throw new IOException("a header must have at most " + MAX_HEADER + " bytes, has more");
      }
      if (b != '\r') {
        line.append((char) b);
      }
    }
    return line.toString();
  }

  /** The chunked coding (RFC 9112, 7.1), whose end is the answer's. */
  private static final class Chunks extends InputStream {
    private final InputStream in;
    private long left;
    private boolean begun;
    private boolean ended;

    Chunks(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0 && !ended) {
        begin();
      }
      if (ended) {
        return -1;
      }
      int count = in.read(bytes, offset, (int) Math.min(length, left));
      if (count < 0) {
        throw new EventReader.TruncatedException();
      }
      left -= count;
      return count;
    }

    private void begin() throws IOException {
      int[] header = {1024};
      if (begun && !headerLine(in, header).isEmpty()) {
        throw new IOException("a chunk must end in an empty line, did not");
      }
      begun = true;
      String size = headerLine(in, header);
      if (!size.matches("[0-9a-fA-F]{1,8}")) {
        throw new IOException("a chunk must begin with its size, did not");
      }
      left = Long.parseLong(size, 16);
      if (left > MAX_CHUNK) {
        throw new IOException("a chunk must have at most " + MAX_CHUNK + " bytes, has more");
      }
      ended = left == 0;
    }
  }

  @Override
  public void close() {
    closeNever();
    try {
      connection.close();
    } catch (IOException e) {
      // It is gone all the same.
    }
  }
}
