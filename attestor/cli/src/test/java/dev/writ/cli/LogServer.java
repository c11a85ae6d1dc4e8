// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.MalformedTilePathException;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TiledLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPOutputStream;

/** Serves a log over HTTP on this machine, below /log. */
final class LogServer implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicInteger zipped = new AtomicInteger();
  private final AtomicInteger cut = new AtomicInteger();
  private final Deque<Integer> statuses = new ConcurrentLinkedDeque<>();
  private volatile TiledLog log;
  private volatile int status = 200;
  private volatile UnaryOperator<byte[]> coded = UnaryOperator.identity();
  private volatile boolean tiles = true;
  private volatile String retryAfter = "0";

  LogServer(TiledLog log) throws IOException {
    this.log = log;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/log/", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/log";
  }

  /** From here on another log is served. */
  void show(TiledLog other) {
    log = other;
  }

  /** From here on all is answered with this status. */
  void answerAllWith(int all) {
    status = all;
  }

  /** The next answers have these statuses, whatever is asked for. */
  void answerNextWith(Integer... next) {
    statuses.addAll(List.of(next));
  }

  /** As many of the next answers end early, and their connections with them. */
  void cutNext(int answers) {
    cut.set(answers);
  }

  /** From here on a 503 says this. */
  void retryAfter(String value) {
    retryAfter = value;
  }

  /** From here on what goes out as gzip is changed. */
  void code(UnaryOperator<byte[]> change) {
    coded = change;
  }

  /** From here on all but the checkpoint is answered with 500, or is no more. */
  void showTiles(boolean shown) {
    tiles = shown;
  }

  /** How many bundles went out as gzip. */
  int zipped() {
    return zipped.get();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath().substring("/log/".length());
      Optional<byte[]> found = find(path);
      int now = Optional.ofNullable(statuses.poll()).orElse(status);
      if (now == 200 && !tiles && path.startsWith("tile/")) {
        now = 500;
      }
      if (now != 200 || found.isEmpty()) {
        if (now == 503) {
          exchange.getResponseHeaders().set("Retry-After", retryAfter);
        }
        exchange.sendResponseHeaders(now == 200 ? 404 : now, -1);
        return;
      }
      byte[] body = found.get();
      if ("gzip".equals(exchange.getRequestHeaders().getFirst("Accept-Encoding"))) {
        body = coded.apply(gzip(body));
        exchange.getResponseHeaders().set("Content-Encoding", "gzip");
        zipped.incrementAndGet();
      }
      boolean whole = cut.getAndUpdate(left -> Math.max(0, left - 1)) == 0;
      exchange.sendResponseHeaders(200, body.length + (whole ? 0 : 9));
      exchange.getResponseBody().write(body);
    }
  }

  private Optional<byte[]> find(String path) throws IOException {
    try {
      if (path.equals("checkpoint")) {
        return log.readCheckpoint();
      }
      return path.startsWith("tile/entries/")
          ? log.readEntryBundle(EntryBundlePath.parse(path))
          : log.readTile(TilePath.parse(path));
    } catch (MalformedTilePathException e) {
      return Optional.empty();
    }
  }

  static byte[] gzip(byte[] body) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
      zip.write(body);
    }
    return out.toByteArray();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
