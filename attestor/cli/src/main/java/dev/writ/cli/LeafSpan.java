// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Leaves of a stored log as {@code --range FROM..TO} names them.
 *
 * @param from the first
 * @param to the first behind the last
 */
record LeafSpan(long from, long to) {
  private static final Pattern FORM = Pattern.compile("([0-9]{0,15})\\.\\.([0-9]{0,15})");

  /** What somebody wrote, before it is known how many leaves there are. */
  static final class Wanted {
    private final String from;
    private final String to;

    private Wanted(String from, String to) {
      this.from = from;
      this.to = to;
    }

    /** Reads {@code FROM..TO}, either of which may be left out. */
    static Wanted parse(String text) throws CommandFailure {
      Matcher matcher = FORM.matcher(text);
      if (!matcher.matches()) {
        throw CommandFailure.usage("--range must be FROM..TO, two numbers, was " + text);
      }
      return new Wanted(matcher.group(1), matcher.group(2));
    }

    /** Those leaves of a log that has so many. */
    LeafSpan of(long size) throws CommandFailure {
      long first = from.isEmpty() ? 0 : Long.parseLong(from);
      long end = to.isEmpty() ? size : Long.parseLong(to);
      if (first > end || end > size) {
        throw CommandFailure.usage(
            "--range must be of the log's " + size + " leaves, was " + first + ".." + end);
      }
      return new LeafSpan(first, end);
    }
  }

  long count() {
    return to - from;
  }
}
