// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.AttestationResult;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.StrictJson;
import dev.writ.evidence.MalformedEvidenceException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A service that answers JSON with a document or with a problem (RFC 9457). A problem is a denial,
 * and whatever is neither is an {@link IOException}: no answer is guessed.
 *
 * @param http the way there
 */
record JsonService(HttpExchanges http) {
  static final String JSON = "application/json";

  private static final String PROBLEM = "application/problem+json";
  private static final int MAX_PROBLEM = 16 * 1024;
  private static final int SERVICE_UNAVAILABLE = 503;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,4}");
  private static final Pattern REASON = Pattern.compile("[!-~]{1,128}");

  /** How a document is read. */
  interface Reading<T> {
    T read(byte[] body) throws MalformedDocumentException, MalformedEvidenceException, IOException;
  }

  /**
   * What the service sends where it does not deny.
   *
   * @param status which it says with it
   * @param mediaType which it has
   * @param maxBytes longest accepted
   */
  record Document<T>(int status, String mediaType, int maxBytes, Reading<T> reading) {
    /** A small JSON object that has these members and no others. */
    static <T> Document<T> json(int status, int maxBytes, MembersReading<T> reading) {
      return new Document<>(
          status,
          JSON,
          maxBytes,
          body -> {
            JsonMembers members = StrictJson.parse(body, maxBytes);
            T value = reading.read(members);
            members.end();
            return value;
          });
    }
  }

  /** How the members of a JSON object are read. */
  interface MembersReading<T> {
    T read(JsonMembers members)
        throws MalformedDocumentException, MalformedEvidenceException, IOException;
  }

  /** The same over connections that are this key's, where they can be. */
  JsonService showing(ChannelKey key) {
    return new JsonService(http.showing(key));
  }

  <T> Answer<T> get(String target, Document<T> document) throws IOException {
    return read(http.get(target, accept(document), limit(document)), document);
  }

  <T> Answer<T> post(String target, byte[] json, Document<T> document) throws IOException {
    return read(http.post(target, accept(document), json, limit(document)), document);
  }

  private static String accept(Document<?> document) {
    return document.mediaType() + ", " + PROBLEM;
  }

  private static int limit(Document<?> document) {
    return Math.max(document.maxBytes(), MAX_PROBLEM);
  }

  private static <T> Answer<T> read(HttpResponse response, Document<T> document)
      throws IOException {
    String mediaType = mediaType(response);
    try {
      if (response.status() == document.status() && mediaType.equals(document.mediaType())) {
        return new Answer.Granted<>(document.reading().read(response.body()));
      }
      if (response.status() >= 400 && mediaType.equals(PROBLEM)) {
        return problem(response);
      }
    } catch (MalformedDocumentException | MalformedEvidenceException | IllegalArgumentException e) {
      throw new MalformedResponseException(
          "the service's answer must be of its form, and is not: " + e.getMessage(), e);
    }
    throw new MalformedResponseException(
        String.format(
            "the service must answer %d with %s, or a problem with %s, answered %d with %s: check"
                + " that the URL is a Writ service's",
            document.status(), document.mediaType(), PROBLEM, response.status(), mediaType));
  }

  /** RFC 9457 section 3.2: members that are not known here are ignored. */
  private static <T> Answer<T> problem(HttpResponse response)
      throws MalformedDocumentException, MalformedResponseException {
    JsonMembers members = StrictJson.parse(response.body(), MAX_PROBLEM);
    String code = members.text("code");
    Optional<DenialCode> known = DenialCode.ofWire(code);
    String reason = members.text("reason");
    if (known.isEmpty() || !REASON.matcher(reason).matches()) {
      throw new MalformedResponseException(
          "the service's problem must have a known code and a reason, has " + printable(code));
    }
    return new Answer.Denied<>(
        known.get(),
        reason,
        printable(members.optionalText("detail").orElse("")),
        retryAfter(response),
        members.optionalUuid("decision_id"),
        ApprovalsNeeded.take(members.optionalObject("next")));
  }

  private static Optional<Duration> retryAfter(HttpResponse response)
      throws MalformedResponseException {
    if (response.status() != SERVICE_UNAVAILABLE && response.status() != TOO_MANY_REQUESTS) {
      return Optional.empty();
    }
    return response
        .only("retry-after")
        .filter(text -> SECONDS.matcher(text).matches())
        .map(text -> Duration.ofSeconds(Long.parseLong(text)));
  }

  private static String mediaType(HttpResponse response) throws MalformedResponseException {
    String field = response.only("content-type").orElse("nothing");
    int parameters = field.indexOf(';');
    return (parameters < 0 ? field : field.substring(0, parameters))
        .strip()
        .toLowerCase(Locale.ROOT);
  }

  /** It may be shown in a terminal. */
  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", " ");
  }

  /** An Attestation Result under {@code status}. */
  static Document<AttestationResult> attestationResult(int status) {
    return new Document<>(
        status,
        AttestationResult.MEDIA_TYPE,
        AttestationResult.MAX_LENGTH,
        body -> AttestationResult.parse(new String(body, StandardCharsets.ISO_8859_1)));
  }

  static String base64Url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** The bytes of member {@code name}, in their one spelling. */
  static byte[] base64Url(JsonMembers members, String name) throws MalformedDocumentException {
    return base64Url(name, members.text(name));
  }

  /** The bytes that {@code text} spells, in their one spelling. */
  static byte[] base64Url(String name, String text) {
    byte[] bytes = Base64.getUrlDecoder().decode(text);
    if (!base64Url(bytes).equals(text)) {
      throw new IllegalArgumentException(name + " must be base64url without padding, is not");
    }
    return bytes;
  }
}
