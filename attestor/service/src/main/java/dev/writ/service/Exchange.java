// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.StrictJson;
import dev.writ.artifact.UuidV7;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer. Lives on the event loop of its connection: only what completes an
 * operation comes from another thread, and it is handed over first.
 */
final class Exchange {
  private static final CharSequence LAST_EVENT_ID = HttpHeaders.createOptimized("Last-Event-ID");
  private static final CharSequence EVENTS = HttpHeaders.createOptimized("text/event-stream");

  private final DoorLoop loop;
  private final HttpServerRequest request;
  private final Connections.@Nullable Connection connection;
  private final ArrivingBody body;
  private final ExchangeLog log;
  private final long began = System.nanoTime();
  private String operation = "none";
  private Optional<Caller> caller = Optional.empty();
  private Optional<String> named = Optional.empty();
  private long asked;
  private boolean entered;
  private boolean health;
  private boolean answered;

  Exchange(DoorLoop loop, HttpServerRequest request) {
    this.loop = loop;
    this.request = request;
    this.connection = loop.connections().of(request.connection());
    this.body = new ArrivingBody(loop.door().load());
    this.log = new ExchangeLog(loop.door(), request.remoteAddress(), began);
  }

  /** Takes the request as far as it goes without its body. */
  void begin() {
    if (connection != null) {
      if (connection.isEnding()) {
        return;
      }
      connection.answering(began, this);
    }
    Optional<String> fault = Framing.fault(request);
    if (fault.isPresent()) {
      refuseAndClose(Problem.malformed(fault.get()));
      return;
    }
    Optional<RouteTable.Found> found = loop.door().routes().find(String.valueOf(request.path()));
    health = found.isPresent() && found.get().operation().health();
    if (!health && !loop.door().mayAsk(request.remoteAddress())) {
      refuse(Problem.rateLimited(1));
    } else if (found.isEmpty()) {
      refuse(Problem.notFound("this door must serve the path, and does not; see /openapi.yaml"));
    } else {
      route(found.get());
    }
  }

  private void route(RouteTable.Found found) {
    RouteTable.Operation wanted = found.operation();
    operation = wanted.name();
    if (wanted.post().filter(RouteTable.Body.Asked.class::isInstance).isPresent()) {
      named = AskedName.of(request);
    }
    Optional<Caller> without = loop.door().without(wanted, request.connection());
    if (without.isPresent()) {
      refuse(
          Problem.roleMissing(wanted.roles().orElseThrow(), without.get()),
          Optional.of("the caller was " + without.get().name()));
      return;
    }
    HttpMethod method = request.method();
    boolean reads =
        method.equals(HttpMethod.GET) || (wanted.head() && method.equals(HttpMethod.HEAD));
    if (wanted.get().isPresent() ? !reads : !method.equals(HttpMethod.POST)) {
      refuse(Problem.methodNotAllowed(wanted.allowed()));
    } else if (wanted.get().isPresent()) {
      get(wanted, wanted.get().get(), found.rest());
    } else if (request.query() != null) {
      refuse(Problem.malformed("the query must be absent, was present"));
    } else {
      caller = loop.door().caller(wanted, request.connection());
      receive(wanted.post().orElseThrow());
    }
  }

  private void get(RouteTable.Operation wanted, RouteTable.Get get, String rest) {
    if (!wanted.health() && !enter()) {
      refuse(Overload.PROBLEM);
      return;
    }
    CompletionStage<Reply> stage;
    try {
      Map<String, String> query = QueryString.parse(request.query(), wanted.parameters());
      stage =
          get.answer(
              new RouteTable.Target(
                  rest,
                  query,
                  loop.door().caller(wanted, request.connection()),
                  Optional.ofNullable(request.getHeader(LAST_EVENT_ID))));
    } catch (MalformedRequest e) {
      stage = malformed(e);
    } catch (RuntimeException e) {
      stage = defect(e);
    }
    answerWhenDone(stage);
  }

  /** Takes the body, as long as it is wanted. */
  private void receive(RouteTable.Body post) {
    int most = loop.door().limits().bodyBytes();
    if (post instanceof RouteTable.Body.Asked) {
      Optional<String> fault = AskedName.fault(request);
      if (fault.isPresent()) {
        refuse(Problem.malformed(fault.get()));
        return;
      }
    }
    if (!(post instanceof RouteTable.Body.Bytes)
        && !isJson(request.getHeader(HttpHeaders.CONTENT_TYPE))) {
      refuse(
          post instanceof RouteTable.Body.Asked
              ? Problem.malformed(Problem.mediaType().detail())
              : Problem.mediaType());
    } else if (Framing.saysMoreThan(most, request)) {
      refuseAndClose(Problem.bodyTooLarge(most));
    } else {
      if (Framing.waitsToContinue(request)) {
        var unused = request.response().writeContinue();
      }
      if (connection != null) {
        connection.arriving(began, this, this::late);
      }
      request.handler(chunk -> take(chunk, most));
      request.endHandler(end -> whole(post));
      request.exceptionHandler(gone -> abandon());
    }
  }

  /** {@code application/json}, in UTF-8 where it says a charset. */
  static boolean isJson(@Nullable String type) {
    if (type == null || !type.regionMatches(true, 0, "application/json", 0, 16)) {
      return false;
    }
    String parameters = type.substring(16).trim();
    return parameters.isEmpty()
        || parameters.equalsIgnoreCase("; charset=utf-8")
        || parameters.equalsIgnoreCase(";charset=utf-8");
  }

  private void take(Buffer chunk, int most) {
    if (answered) {
      return;
    }
    switch (body.take(chunk, most)) {
      case HELD -> {}
      case TOO_LONG -> refuseAndClose(Problem.bodyTooLarge(most));
      case NO_ROOM -> refuseAndClose(Overload.PROBLEM);
    }
  }

  private void late() {
    if (!answered) {
      refuseAndClose(
          Problem.tooSlow(
              "the body must arrive within "
                  + loop.door().limits().arrival().toMillis()
                  + " ms, did not"));
    }
  }

  /** Takes one of the places in the service, to be given back by {@link #leave}. */
  private boolean enter() {
    entered = loop.door().load().enter();
    return entered;
  }

  private void leave() {
    if (entered) {
      entered = false;
      loop.door().load().leave();
    }
  }

  /** When the service was asked. */
  long asked() {
    return asked;
  }

  /** The service has had its time. What it still comes to is nobody's, and its place is free. */
  void overdue() {
    leave();
    if (!answered) {
      tell(Overload.OVERDUE, Optional.empty(), false);
    }
  }

  private void abandon() {
    if (!answered) {
      answered = true;
      body.release();
    }
  }

  private void whole(RouteTable.Body post) {
    if (answered) {
      return;
    }
    if (connection != null) {
      connection.answering(System.nanoTime(), this);
    }
    byte[] bytes = body.bytes();
    if (!enter()) {
      refuse(Overload.PROBLEM);
      return;
    }
    CompletionStage<Reply> stage;
    try {
      stage = answer(post, bytes);
    } catch (MalformedJsonException e) {
      stage = malformed(new MalformedRequest(e));
    } catch (MalformedRequest e) {
      stage = malformed(e);
    } catch (RuntimeException e) {
      stage = defect(e);
    }
    body.release();
    answerWhenDone(stage);
  }

  private CompletionStage<Reply> answer(RouteTable.Body post, byte[] bytes)
      throws MalformedJsonException, MalformedRequest {
    if (post instanceof RouteTable.Body.Bytes raw) {
      return raw.post().answer(bytes);
    }
    if (post instanceof RouteTable.Body.Asked asking) {
      return asking.post().answer(bytes, caller.orElseThrow());
    }
    JsonMembers members = StrictJson.parse(bytes, loop.door().limits().bodyBytes());
    if (post instanceof RouteTable.Body.Document document) {
      return document.post().answer(bytes);
    }
    return ((RouteTable.Body.Json) post).post().answer(members, request.connection());
  }

  private CompletionStage<Reply> malformed(MalformedRequest e) {
    Problem problem = Problem.malformed(String.valueOf(e.getMessage()));
    loop.door().refused(problem);
    return Reply.now(problem);
  }

  private CompletionStage<Reply> defect(Throwable e) {
    Defect.log("the operation " + operation, e);
    return CompletableFuture.completedFuture(Denials.reply(Defect.DENIAL));
  }

  private void answerWhenDone(CompletionStage<Reply> stage) {
    Context context = loop.context();
    var done = stage.toCompletableFuture();
    if (done.isDone()) {
      answer(done.handle((reply, failure) -> reply(reply, failure)).join());
    } else {
      asked = System.nanoTime();
      loop.unanswered().add(this);
      var unused =
          stage.whenComplete(
              (reply, failure) -> context.runOnContext(now -> answerInTime(reply(reply, failure))));
    }
  }

  private void answerInTime(Reply reply) {
    if (loop.unanswered().remove(this)) {
      answer(reply);
    }
  }

  private Reply reply(@Nullable Reply reply, @Nullable Throwable failure) {
    if (reply != null) {
      return reply;
    }
    return defect(failure == null ? new IllegalStateException("bug: no reply") : failure)
        .toCompletableFuture()
        .join();
  }

  private void answer(Reply reply) {
    leave();
    if (answered) {
      return;
    }
    if (reply instanceof Reply.Refused refused) {
      tell(refused.problem(), refused.logged(), false);
    } else if (reply instanceof Reply.Streamed streamed) {
      stream(streamed);
    } else if (reply instanceof Reply.Given given) {
      Answer written;
      try {
        written = given.answer().get();
      } catch (RuntimeException e) {
        answer(reply(null, e));
        return;
      }
      log.answered(operation, written.status());
      send(written, false);
    }
  }

  /** Answers for as long as the caller reads; until then its connection has no time-out. */
  private void stream(Reply.Streamed streamed) {
    Load load = loop.door().load();
    if (!load.openStream()) {
      refuse(Overload.STREAMS);
      return;
    }
    answered = true;
    loop.door().answered(operation, 200);
    HttpServerResponse response = request.response();
    response.setChunked(true);
    response.putHeader(HttpHeaders.CONTENT_TYPE, EVENTS);
    response.putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    loop.readers()
        .open(response, streamed.stream(), streamed.after(), streamed.reads(), load::closeStream);
  }

  /** A refusal of the door's own. */
  private void refuse(Problem problem) {
    refuse(problem, Optional.empty());
  }

  private void refuse(Problem problem, Optional<String> logged) {
    loop.door().refused(problem);
    body.release();
    tell(problem, logged, false);
  }

  /** A refusal of the door's own after which the connection cannot be used: bytes are still coming. */
  void refuseAndClose(Problem problem) {
    loop.door().refused(problem);
    body.release();
    tell(problem, Optional.empty(), true);
  }

  private void tell(Problem problem, Optional<String> logged, boolean close) {
    // A denial that is a leaf has the leaf's id: whichever of the two somebody was told finds it.
    UuidV7 id = problem.decision().orElseGet(loop.door().ids()::next);
    // That the service is not ready denies nobody anything, however often it is asked.
    boolean probed = health && problem.status() == 503;
    if (problem.decision().isEmpty() && !probed) {
      loop.door().told(id, problem, operation, request.remoteAddress());
    }
    log.refused(operation, problem, id, logged);
    send(problem.answer(id.toString()), close);
  }

  private void send(Answer answer, boolean close) {
    answered = true;
    if (connection != null) {
      connection.writing(System.nanoTime());
      if (close) {
        connection.ending();
      }
    }
    loop.door().answered(operation, answer.status());
    HttpServerResponse response = request.response();
    response.setStatusCode(answer.status());
    response.putHeader(HttpHeaders.CONTENT_TYPE, answer.mediaType());
    answer.headers().forEach(response::putHeader);
    named.ifPresent(name -> response.putHeader(AskedName.HEADER, name));
    if (request.method().equals(HttpMethod.HEAD)) {
      // For other methods it is set from what is sent.
      response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(answer.body().length()));
    }
    if (close) {
      response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
    var unused = response.end(answer.body()).onComplete(written -> written(close));
  }

  private void written(boolean close) {
    if (connection == null) {
      return;
    }
    long now = System.nanoTime();
    if (close) {
      connection.lingering(now);
    } else {
      connection.waiting(now, this);
    }
  }
}
