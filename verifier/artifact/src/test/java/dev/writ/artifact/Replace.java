// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.nio.charset.StandardCharsets;

/** Turns a valid text into one with one thing wrong, and notices when it did not. */
final class Replace {
  private Replace() {}

  static String once(String text, String from, String to) {
    int at = text.indexOf(from);
    if (at < 0 || text.indexOf(from, at + 1) >= 0) {
      throw new AssertionError("the test must replace exactly one " + from + " in " + text);
    }
    return text.substring(0, at) + to + text.substring(at + from.length());
  }

  static byte[] once(byte[] utf8, String from, String to) {
    return once(new String(utf8, StandardCharsets.UTF_8), from, to)
        .getBytes(StandardCharsets.UTF_8);
  }
}
