// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.UuidV7;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Why a door does not give what was asked for, as RFC 9457 has it.
 *
 * @param status the HTTP status
 * @param title what kind of problem it is
 * @param code the denial's stable code
 * @param reason the finer reason, a stable snake_case word or a rule's id
 * @param detail what must hold, what was, and where useful what to do next
 * @param retryAfter seconds to wait before the same request may be sent again
 * @param headers beside those that every problem has
 * @param next what would turn the denial into an allow, where that is known
 * @param decision the id of the leaf of a denial that is one
 */
record Problem(
    int status,
    String title,
    DenialCode code,
    String reason,
    String detail,
    OptionalInt retryAfter,
    Map<CharSequence, CharSequence> headers,
    Optional<StepUp> next,
    Optional<UuidV7> decision) {
  static final CharSequence MEDIA_TYPE = HttpHeaders.createOptimized("application/problem+json");

  private static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");

  /** A problem that is no leaf's, and after which nothing is known to help. */
  Problem(
      int status,
      String title,
      DenialCode code,
      String reason,
      String detail,
      OptionalInt retryAfter,
      Map<CharSequence, CharSequence> headers) {
    this(
        status,
        title,
        code,
        reason,
        detail,
        retryAfter,
        headers,
        Optional.empty(),
        Optional.empty());
  }

  /** A problem with the request as HTTP: nothing was asked that a policy could speak of. */
  static Problem http(int status, String title, String reason, String detail) {
    return new Problem(
        status, title, DenialCode.UNVERIFIABLE, reason, detail, OptionalInt.empty(), Map.of());
  }

  static Problem malformed(String detail) {
    return http(400, "The request is not of its form", "malformed", detail);
  }

  static Problem notFound(String detail) {
    return http(404, "Not found", "not_found", detail);
  }

  /** It was there, and was erased. */
  static Problem gone(String reason, String detail) {
    return http(410, "It was erased", reason, detail);
  }

  /** Who asks at an operators' door may not ask this. */
  static Problem roleMissing(Set<Role> wanted, Caller caller) {
    return new Problem(
        403,
        "This takes another role",
        DenialCode.SCOPE_EXCEEDED,
        "role_missing",
        "the caller must have one of the roles "
            + Role.words(wanted)
            + ", has "
            + (caller.roles().isEmpty() ? "none" : Role.words(caller.roles()))
            + "; the service's configuration says who has which",
        OptionalInt.empty(),
        Map.of());
  }

  static Problem methodNotAllowed(String allowed) {
    return new Problem(
        405,
        "Another method is wanted",
        DenialCode.UNVERIFIABLE,
        "method_not_allowed",
        "the method must be one of " + allowed,
        OptionalInt.empty(),
        Map.of(HttpHeaders.ALLOW, allowed));
  }

  static Problem tooSlow(String detail) {
    return http(408, "The request did not arrive in time", "request_too_slow", detail);
  }

  static Problem bodyTooLarge(int most) {
    return http(
        413,
        "The body is too long",
        "body_too_large",
        "the body must have at most " + most + " bytes, has more");
  }

  static Problem uriTooLong(int most) {
    return http(
        414,
        "The request line is too long",
        "uri_too_long",
        "the request line must have at most " + most + " bytes, has more");
  }

  static Problem mediaType() {
    return http(
        415,
        "The body is of another media type",
        "media_type_not_supported",
        "the Content-Type must be application/json, was another or absent");
  }

  static Problem rateLimited(int seconds) {
    return new Problem(
        429,
        "This address asks too often",
        DenialCode.UNVERIFIABLE,
        "rate_limited",
        "this address must ask less often; wait",
        OptionalInt.of(seconds),
        Map.of());
  }

  static Problem headerTooLarge(int most) {
    return http(
        431,
        "The header is too long",
        "header_too_large",
        "the header must have at most " + most + " bytes, has more");
  }

  /** The service cannot come to an answer. What the caller is told says nothing of its insides. */
  static Problem unavailable(String reason, String detail, int seconds) {
    return new Problem(
        503,
        "The service cannot answer now",
        DenialCode.UNVERIFIABLE,
        reason,
        detail,
        OptionalInt.of(seconds),
        Map.of());
  }

  /** The same of a denial with this leaf. */
  Problem of(UuidV7 leafId) {
    return new Problem(
        status, title, code, reason, detail, retryAfter, headers, next, Optional.of(leafId));
  }

  /** The answer that tells it. */
  Answer answer(String requestId) {
    Map<CharSequence, CharSequence> all = new LinkedHashMap<>(headers);
    all.put(HttpHeaders.CACHE_CONTROL, NO_STORE);
    retryAfter.ifPresent(seconds -> all.put(HttpHeaders.RETRY_AFTER, Integer.toString(seconds)));
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("type", "urn:writ:denial:" + code.wire());
    body.put("title", title);
    body.put("status", status);
    body.put("detail", detail);
    body.put("code", code.wire());
    body.put("reason", reason);
    body.put("instance", "urn:writ:request:" + requestId);
    decision.ifPresent(id -> body.put("decision_id", id.toString()));
    next.ifPresent(step -> body.put("next", step.toMap(decision)));
    return new Answer(status, MEDIA_TYPE, all, Buffer.buffer(Jcs.canonical(body)));
  }
}
