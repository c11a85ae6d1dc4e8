// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.JsonMembers;
import io.vertx.core.http.HttpConnection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/**
 * What a door serves: operations by path and method. A path is compared as it was sent, byte for byte:
 * nothing in the contract needs an escape. At the operators' doors each operation has the roles that may
 * call it.
 */
final class RouteTable {
  /** Answers a request with a JSON body. Runs on an event loop, so it must not block. */
  @FunctionalInterface
  interface Post {
    /**
     * The answer, on whatever thread.
     *
     * @throws MalformedRequest if the body is not of its form
     */
    CompletionStage<Reply> answer(JsonMembers body) throws MalformedRequest;
  }

  /** The same, by the connection too over which it came. */
  @FunctionalInterface
  interface PostOver {
    /**
     * The answer, on whatever thread.
     *
     * @throws MalformedRequest if the body is not of its form
     */
    CompletionStage<Reply> answer(JsonMembers body, HttpConnection connection)
        throws MalformedRequest;
  }

  /** Answers a request by its body as it came. Runs on an event loop, so it must not block. */
  @FunctionalInterface
  interface PostBytes {
    /** The answer, on whatever thread. */
    CompletionStage<Reply> answer(byte[] body);
  }

  /** Answers a request by a JSON document whose bytes matter. Runs on an event loop, so it must not block. */
  @FunctionalInterface
  interface PostDocument {
    /**
     * The answer, on whatever thread.
     *
     * @param received a JSON document, as it came
     * @throws MalformedRequest if it is not of its form
     */
    CompletionStage<Reply> answer(byte[] received) throws MalformedRequest;
  }

  /** Answers a request of a caller with a role, by the bytes of its JSON. Must not block. */
  @FunctionalInterface
  interface PostAsked {
    /**
     * The answer, on whatever thread.
     *
     * @param received the body as it came
     * @throws MalformedRequest if it is not of its form
     */
    CompletionStage<Reply> answer(byte[] received, Caller caller) throws MalformedRequest;
  }

  /** What a POST is answered by. */
  sealed interface Body {
    /** By a JSON document, of which the request must be. */
    record Json(PostOver post) implements Body {}

    /** By a JSON document and its bytes. */
    record Document(PostDocument post) implements Body {}

    /**
     * By a JSON document that others define, and who asks. What is wrong with it is 400, and the request's
     * name goes with the answer, as that API has it.
     */
    record Asked(PostAsked post) implements Body {}

    /** By bytes, of whatever media type. */
    record Bytes(PostBytes post) implements Body {}
  }

  /** Answers a request without a body. Runs on an event loop, so it must not block. */
  @FunctionalInterface
  interface Get {
    /**
     * The answer, on whatever thread.
     *
     * @throws MalformedRequest if path or query are not of their form
     */
    CompletionStage<Reply> answer(Target target) throws MalformedRequest;
  }

  /**
   * What a GET names.
   *
   * @param rest of the path, behind what the route has
   * @param query parameters by name
   * @param caller whoever asks; absent where anybody may
   * @param lastEvent the header {@code Last-Event-ID}
   */
  record Target(
      String rest, Map<String, String> query, Optional<Caller> caller, Optional<String> lastEvent) {
    /** A decimal number without leading zeros, of at most 16 digits. */
    long count(String name) throws MalformedRequest {
      String text = query.get(name);
      if (text == null || !isCount(text)) {
        throw new MalformedRequest(
            "query parameter "
                + name
                + " must be a decimal number of at most 16 digits, was "
                + (text == null ? "absent" : "another"));
      }
      return Long.parseLong(text);
    }

    /** The rest of the path as a {@link #count}. */
    long index(String what) throws MalformedRequest {
      if (!isCount(rest)) {
        throw new MalformedRequest(
            what + " must be named by a decimal number of at most 16 digits, was not");
      }
      return Long.parseLong(rest);
    }

    /** The event after which a stream goes on; none where it goes on from now. */
    OptionalLong after() throws MalformedRequest {
      if (lastEvent.isEmpty() || lastEvent.get().isEmpty()) {
        return OptionalLong.empty();
      }
      if (!isCount(lastEvent.get())) {
        throw new MalformedRequest(
            "the header Last-Event-ID must be a decimal number of at most 16 digits, was not");
      }
      return OptionalLong.of(Long.parseLong(lastEvent.get()));
    }

    private static boolean isCount(String text) {
      return !text.isEmpty()
          && text.length() <= 16
          && text.chars().allMatch(c -> c >= '0' && c <= '9')
          && (text.length() == 1 || text.charAt(0) != '0');
    }
  }

  /**
   * One operation.
   *
   * @param name its {@code operationId} in the contract
   * @param post how it answers a POST
   * @param get how it answers a GET
   * @param parameters names that its query may have
   * @param head whether a HEAD is answered as a GET is, without its content
   * @param health whether it says how the service is, and is answered whatever the load
   * @param roles of which a caller needs one; absent where anybody may call it
   */
  record Operation(
      String name,
      Optional<Body> post,
      Optional<Get> get,
      Set<String> parameters,
      boolean head,
      boolean health,
      Optional<Set<Role>> roles) {
    String allowed() {
      return post.isPresent() ? "POST" : head ? "GET, HEAD" : "GET";
    }
  }

  /**
   * Where a path leads.
   *
   * @param operation what is there
   * @param rest of the path
   */
  record Found(Operation operation, String rest) {}

  private final Map<String, Operation> exact = new HashMap<>();
  // The first that fits is taken.
  private final Map<String, Operation> under = new LinkedHashMap<>();
  private final Optional<Map<String, Set<Role>>> access;
  private boolean looksAtClients;

  /** What anybody may call. */
  RouteTable() {
    this.access = Optional.empty();
  }

  /**
   * What takes a role.
   *
   * @param access the roles that may call each operation, by its name
   */
  RouteTable(Map<String, Set<Role>> access) {
    this.access = Optional.of(access);
  }

  private Optional<Set<Role>> roles(String name) {
    if (access.isEmpty()) {
      return Optional.empty();
    }
    Set<Role> roles = access.get().get(name);
    if (roles == null || roles.isEmpty()) {
      throw new IllegalStateException(
          "bug: operation " + name + " must have the roles that may call it, and has none");
    }
    return Optional.of(roles);
  }

  /** Serves POST of {@code path}. */
  @CanIgnoreReturnValue
  RouteTable post(String path, String name, Post post) {
    return put(path, name, (body, connection) -> post.answer(body));
  }

  /** Serves POST of {@code path} by the key that a client shows, too: a TLS door asks for it. */
  @CanIgnoreReturnValue
  RouteTable postOver(String path, String name, PostOver post) {
    looksAtClients = true;
    return put(path, name, post);
  }

  /** Serves POST of {@code path} with a body that is no JSON. */
  @CanIgnoreReturnValue
  RouteTable postBytes(String path, String name, PostBytes post) {
    return put(path, name, new Body.Bytes(post));
  }

  /** Serves POST of {@code path} by the bytes of its JSON. */
  @CanIgnoreReturnValue
  RouteTable postDocument(String path, String name, PostDocument post) {
    return put(path, name, new Body.Document(post));
  }

  /** Serves POST of {@code path} as an API of others has it. */
  @CanIgnoreReturnValue
  RouteTable postAsked(String path, String name, PostAsked post) {
    return put(path, name, new Body.Asked(post));
  }

  private RouteTable put(String path, String name, PostOver post) {
    return put(path, name, new Body.Json(post));
  }

  private RouteTable put(String path, String name, Body post) {
    exact.put(
        path,
        new Operation(
            name, Optional.of(post), Optional.empty(), Set.of(), false, false, roles(name)));
    return this;
  }

  /** All that is served, under whatever path. */
  List<Operation> operations() {
    return Stream.concat(exact.values().stream(), under.values().stream()).toList();
  }

  /** Whether an operation wants to know which key a client shows. */
  boolean looksAtClients() {
    return looksAtClients;
  }

  /** Serves GET of {@code path} with these parameters, all of which must be there. */
  @CanIgnoreReturnValue
  RouteTable get(String path, String name, Get get, String... parameters) {
    exact.put(path, reads(name, get, Set.of(parameters), true, false));
    return this;
  }

  /** Serves GET of every path that begins with {@code prefix}. */
  @CanIgnoreReturnValue
  RouteTable getUnder(String prefix, String name, Get get) {
    under.put(prefix, reads(name, get, Set.of(), true, false));
    return this;
  }

  /** Serves GET of {@code path}, without HEAD: an answer that does not end has no length. */
  @CanIgnoreReturnValue
  RouteTable getStream(String path, String name, Get get) {
    exact.put(path, reads(name, get, Set.of(), false, false));
    return this;
  }

  /** The same without HEAD: where an answer costs what nobody should pay who throws it away. */
  @CanIgnoreReturnValue
  RouteTable getOnlyUnder(String prefix, String name, Get get) {
    under.put(prefix, reads(name, get, Set.of(), false, false));
    return this;
  }

  /** Serves GET of {@code path} whatever the load. */
  @CanIgnoreReturnValue
  RouteTable health(String path, String name, Get get) {
    exact.put(path, reads(name, get, Set.of(), true, true));
    return this;
  }

  private Operation reads(
      String name, Get get, Set<String> parameters, boolean head, boolean health) {
    return new Operation(
        name, Optional.empty(), Optional.of(get), parameters, head, health, roles(name));
  }

  /** What is at {@code path}. */
  Optional<Found> find(String path) {
    Operation operation = exact.get(path);
    if (operation != null) {
      return Optional.of(new Found(operation, ""));
    }
    for (Map.Entry<String, Operation> prefix : under.entrySet()) {
      if (path.startsWith(prefix.getKey())) {
        return Optional.of(new Found(prefix.getValue(), path.substring(prefix.getKey().length())));
      }
    }
    return Optional.empty();
  }
}
