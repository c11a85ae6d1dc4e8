// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What a door sends back.
 *
 * @param status the HTTP status
 * @param mediaType of the body
 * @param headers beside {@code Content-Type} and {@code Content-Length}
 * @param body the content
 */
record Answer(
    int status, CharSequence mediaType, Map<CharSequence, CharSequence> headers, Buffer body) {
  static final CharSequence JSON = HttpHeaders.createOptimized("application/json");

  private static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");

  /** JSON under {@code status}. */
  static Answer json(int status, byte[] body) {
    return new Answer(status, JSON, Map.of(), Buffer.buffer(body));
  }

  /** JSON under {@code status}. */
  static Answer json(int status, String body) {
    return json(status, body.getBytes(StandardCharsets.UTF_8));
  }

  /** Content that stays what it is for as long as {@code cacheControl} says. */
  static Answer content(CharSequence mediaType, byte[] body, CharSequence cacheControl) {
    return new Answer(
        200, mediaType, Map.of(HttpHeaders.CACHE_CONTROL, cacheControl), Buffer.buffer(body));
  }

  /** Content that is another one the next time. */
  static Answer current(CharSequence mediaType, byte[] body) {
    return content(mediaType, body, NO_STORE);
  }
}
