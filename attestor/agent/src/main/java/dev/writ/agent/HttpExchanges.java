// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A plain HTTP/1.1 client (RFC 9112): one connection to an exchange, nothing followed, nothing
 * repeated, everything bounded. The JDK's own takes a one-shot command several times as long to load.
 *
 * @param route the way to the server
 * @param timeouts how long an exchange may take
 */
record HttpExchanges(Route route, Timeouts timeouts) {
  private static final int BUFFER = 8 * 1024;

  /** Smaller than any socket's buffer, so that a slow reader is noticed between two of them. */
  private static final int PIECE = 16 * 1024;

  /** The same over connections that are this key's, where they can be. */
  HttpExchanges showing(ChannelKey key) {
    return new HttpExchanges(route.showing(key), timeouts);
  }

  /**
   * Asks for what is at {@code target}.
   *
   * @param accept the media types wanted
   * @param maxBody longest body accepted
   */
  HttpResponse get(String target, String accept, int maxBody) throws IOException {
    return exchange(head("GET", target, accept) + "\r\n", new byte[0], maxBody);
  }

  /** Sends a JSON body to {@code target}. */
  HttpResponse post(String target, String accept, byte[] json, int maxBody) throws IOException {
    return exchange(
        head("POST", target, accept)
            + "Content-Type: application/json\r\nContent-Length: "
            + json.length
            + "\r\n\r\n",
        json,
        maxBody);
  }

  private String head(String method, String target, String accept) {
    return method
        + " "
        + target
        + " HTTP/1.1\r\nHost: "
        + route.authority()
        + "\r\nAccept: "
        + accept
        + "\r\nUser-Agent: writ\r\nConnection: close\r\n";
  }

  private HttpResponse exchange(String head, byte[] body, int maxBody) throws IOException {
    try (Guard guard = Guard.start(timeouts)) {
      try {
        Route.Line line = route.open(guard);
        guard.moving();
        Paced in = new Paced(line.in(), guard);
        try {
          send(line.out(), head, body, guard);
        } catch (IOException e) {
          return answerInstead(in, maxBody, e);
        }
        return HttpResponse.read(new BufferedInputStream(in, BUFFER), maxBody);
      } catch (IOException e) {
        throw guard.explain(ClientCertificateException.orElse(e, route.keyWasShown()));
      }
    }
  }

  private static void send(OutputStream out, String head, byte[] body, Guard guard)
      throws IOException {
    byte[] first = head.getBytes(StandardCharsets.US_ASCII);
    byte[] all = new byte[first.length + body.length];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(body, 0, all, first.length, body.length);
    for (int from = 0; from < all.length; from += PIECE) {
      guard.moving();
      out.write(all, from, Math.min(PIECE, all.length - from));
    }
    out.flush();
  }

  /** A server that closes while it is sent something may have said why. */
  private static HttpResponse answerInstead(InputStream in, int maxBody, IOException failure)
      throws IOException {
    try {
      return HttpResponse.read(new BufferedInputStream(in, BUFFER), maxBody);
    } catch (IOException e) {
      failure.addSuppressed(e);
      throw failure;
    }
  }

  /** Tells the guard before each read that the server is awaited. */
  private static final class Paced extends FilterInputStream {
    private final Guard guard;

    Paced(InputStream in, Guard guard) {
      super(in);
      this.guard = guard;
    }

    @Override
    public int read() throws IOException {
      guard.moving();
      return super.read();
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      guard.moving();
      return super.read(bytes, offset, length);
    }
  }
}
