// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.nio.charset.StandardCharsets;

/**
 * Paths that a policy excludes: {@code *} stands for any bytes but a slash, and a pattern that ends in
 * a slash for everything below. A pattern is absolute.
 *
 * <p>{@code /run/user/*}{@code /} excludes what is below each user's folder and nothing else.
 */
record ImaPathPattern(String text) {
  ImaPathPattern {
    if (!text.startsWith("/") || text.indexOf('\0') >= 0 || text.equals("/")) {
      throw new IllegalArgumentException(
          "an excluded path must start with a slash and name something below, was " + text);
    }
  }

  byte[] bytes() {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Whether {@code pattern} matches; tries again only from the last star, which is enough. */
  static boolean matches(byte[] pattern, byte[] bytes, int from, int to) {
    boolean below = pattern[pattern.length - 1] == '/';
    int p = 0;
    int at = from;
    int star = -1;
    int starAt = 0;
    while (true) {
      if (p == pattern.length && (below || at == to)) {
        return true;
      }
      if (p < pattern.length && pattern[p] == '*') {
        star = p++;
        starAt = at;
      } else if (p < pattern.length && at < to && pattern[p] == bytes[at]) {
        p++;
        at++;
      } else if (star >= 0 && starAt < to && bytes[starAt] != '/') {
        p = star + 1;
        at = ++starAt;
      } else {
        return false;
      }
    }
  }
}
