// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.writ.tlog.AddCheckpoint;
import dev.writ.tlog.AddCheckpointAnswer;
import dev.writ.tlog.Cosigner;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.WitnessRule;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A real witness behind the JDK's own HTTP server, which a test can have misbehave. */
final class TestWitness implements AutoCloseable {
  /** Answers in the witness's place. */
  @FunctionalInterface
  interface Fault {
    void answer(HttpExchange exchange, byte[] request) throws Exception;
  }

  final String name;
  final Cosigner cosigner;
  final AtomicInteger asked = new AtomicInteger();
  private final Path folder;
  private final NoteKey log;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private Optional<HttpServer> server = Optional.empty();
  private Witness witness;
  private int port;
  private volatile Optional<Fault> fault = Optional.empty();

  TestWitness(String name, Path folder, NoteKey log) {
    this.name = name;
    this.folder = folder.resolve(name);
    this.log = log;
    this.cosigner = Cosigner.of(name + ".example", SampleLog.ed25519());
    try {
      Witness.make(this.folder, cosigner.key());
      this.witness = open();
      start();
    } catch (LedgerException | IOException e) {
      throw new AssertionError(e);
    }
  }

  private Witness open() throws LedgerException {
    return Witness.open(
        folder, cosigner, new WitnessRule(List.of(log)), InstantSource.system(), forked -> {});
  }

  /** A line of a log policy. */
  String line() {
    return "witness " + name + " " + cosigner.key().vkey() + " " + url() + "\n";
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + port);
  }

  void start() throws IOException {
    HttpServer started =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
    started.setExecutor(threads);
    started.createContext("/add-checkpoint", this::handle);
    started.start();
    port = started.getAddress().getPort();
    server = Optional.of(started);
  }

  void stop() {
    server.ifPresent(running -> running.stop(0));
    server = Optional.empty();
  }

  void faultBy(Fault by) {
    fault = Optional.of(by);
  }

  void recover() {
    fault = Optional.empty();
  }

  private void handle(HttpExchange exchange) throws IOException {
    asked.incrementAndGet();
    byte[] request = exchange.getRequestBody().readAllBytes();
    try (exchange) {
      if (fault.isPresent()) {
        fault.get().answer(exchange, request);
      } else {
        send(exchange, answer(request));
      }
    } catch (Exception e) {
      exchange.close();
    }
  }

  /** What the witness says to a request. */
  AddCheckpointAnswer answer(byte[] request) throws Exception {
    return witness.add(AddCheckpoint.parse(request));
  }

  static void send(HttpExchange exchange, AddCheckpointAnswer answer) throws IOException {
    send(exchange, answer.status(), answer.mediaType(), answer.body());
  }

  static void send(HttpExchange exchange, int status, String mediaType, byte[] body)
      throws IOException {
    exchange.getResponseHeaders().set("Content-Type", mediaType);
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    stop();
    threads.shutdownNow();
    witness.close();
  }
}
