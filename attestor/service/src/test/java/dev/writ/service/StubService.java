// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Doors with operations that a test holds the ends of. */
final class StubService implements DoorObserver {
  /** What waits for {@link #release}. */
  final List<CompletableFuture<Reply>> held = new CopyOnWriteArrayList<>();

  final List<Problem> refused = new CopyOnWriteArrayList<>();

  final List<RefusedRequest> told = new CopyOnWriteArrayList<>();

  final AtomicInteger turnedAway = new AtomicInteger();

  /** Answers at once, later, or with what it was sent. */
  DoorRoutes routes() {
    RouteTable open =
        new RouteTable()
            .post("/echo", "echo", body -> Reply.now(Answer.json(200, text(body))))
            .post(
                "/held",
                "held",
                body -> {
                  CompletableFuture<Reply> reply = new CompletableFuture<>();
                  held.add(reply);
                  return reply;
                })
            .post(
                "/defect",
                "defect",
                body -> {
                  throw new IllegalStateException("bug: /secret/path");
                })
            .get(
                "/unwritten",
                "unwritten",
                target ->
                    CompletableFuture.completedFuture(
                        new Reply.Given(
                            () -> {
                              throw new IllegalStateException("bug: /secret/path");
                            })))
            .get("/thing", "thing", target -> Reply.now(Answer.json(200, "{}")))
            .get("/pair", "pair", target -> Reply.now(Answer.json(200, "{}")), "a", "b")
            .health(
                "/readyz",
                "ready",
                target ->
                    Reply.now(Problem.unavailable("not_ready", "it must be ready, is not", 1)))
            .health("/livez", "live", target -> Reply.now(Answer.json(200, "{\"live\":true}")));
    RouteTable operator =
        new RouteTable(Map.of("operator", Set.of(Role.OPERATOR)))
            .get("/operator", "operator", target -> Reply.now(Answer.json(200, "{}")));
    RouteTable metrics =
        new RouteTable().get("/metrics", "metrics", target -> Reply.now(Answer.json(200, "{}")));
    return new DoorRoutes(open, operator, metrics);
  }

  private static String text(JsonMembers body) throws MalformedRequest {
    try {
      String text = body.text("text");
      body.end();
      return "{\"length\":" + text.length() + "}";
    } catch (MalformedJsonException e) {
      throw new MalformedRequest(e);
    }
  }

  /** Answers what waits. */
  void release() {
    List<CompletableFuture<Reply>> now = List.copyOf(held);
    held.clear();
    for (CompletableFuture<Reply> reply : now) {
      reply.complete(new Reply.Given(() -> Answer.json(200, "{\"held\":true}")));
    }
  }

  void awaitHeld(int count) throws InterruptedException {
    while (held.size() < count) {
      Thread.sleep(5);
    }
  }

  @Override
  public void refused(Problem problem) {
    refused.add(problem);
  }

  @Override
  public void told(RefusedRequest request) {
    told.add(request);
  }

  @Override
  public void clientRefused() {}

  @Override
  public void answered(String door, String operation, int status) {}

  @Override
  public void certified(String door, Supplier<Instant> end) {}

  @Override
  public void turnedAway() {
    turnedAway.incrementAndGet();
  }

  /** On any free loopback port, with these limits. */
  static DoorsConfig plain(DoorsConfig.Limits limits) {
    return new DoorsConfig(
        Optional.of(loopback()),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        limits);
  }

  static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  /** Where an operator's socket may be: in a folder that is its owner's alone, made here. */
  static Path operatorSocketIn(Path folder) throws IOException {
    return Files.createDirectory(
            folder.resolve("run"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
        .resolve("writ.sock");
  }
}
