// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** What stands behind a gateway: it answers each call with its own name and the path. */
final class LoopbackUpstream implements AutoCloseable {
  private final HttpServer server;

  private LoopbackUpstream(HttpServer server) {
    this.server = server;
  }

  static LoopbackUpstream named(String name) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = (name + " " + exchange.getRequestURI()).getBytes(StandardCharsets.US_ASCII);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return new LoopbackUpstream(server);
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
