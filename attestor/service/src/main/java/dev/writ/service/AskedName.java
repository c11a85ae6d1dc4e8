// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Optional;

/** The name that a caller gives its request, which its answer has too; nothing else is known by it. */
final class AskedName {
  static final CharSequence HEADER = HttpHeaders.createOptimized("X-Request-ID");

  private static final int MAX_LENGTH = 256;

  private AskedName() {}

  /** What is wrong with it, where there is one. */
  static Optional<String> fault(HttpServerRequest request) {
    List<String> all = request.headers().getAll(HEADER);
    return all.isEmpty() || all.size() == 1 && isName(all.get(0))
        ? Optional.empty()
        : Optional.of(
            "the header X-Request-ID must be given at most once, of 1 to "
                + MAX_LENGTH
                + " printable ASCII characters, was not");
  }

  private static boolean isName(String text) {
    return !text.isEmpty()
        && text.length() <= MAX_LENGTH
        && text.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
  }

  /** The name, where there is one without fault. */
  static Optional<String> of(HttpServerRequest request) {
    return fault(request).isPresent()
        ? Optional.empty()
        : Optional.ofNullable(request.getHeader(HEADER));
  }
}
