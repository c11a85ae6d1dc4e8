// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * The first line of a script: {@code #!INTERPRETER [ARGUMENT]}, the argument being all that follows, as
 * Linux reads it (execve(2)).
 *
 * @param interpreter its path
 * @param argument its one argument
 */
record Shebang(String interpreter, Optional<String> argument) {
  /** Longest line in bytes, without its end; of a longer one the kernel would use a part. */
  static final int MAX_LINE = 255;

  private static final String ENV = "/env";

  /** The line that a file begins with; empty if that is none, or none that could be read whole. */
  static Optional<Shebang> parse(byte[] head) {
    if (head.length < 2 || head[0] != '#' || head[1] != '!') {
      return Optional.empty();
    }
    int end = 2;
    while (end < head.length && head[end] != '\n') {
      end++;
    }
    if (end > MAX_LINE) {
      return Optional.empty();
    }
    // Of a line without an end the kernel keeps the blanks, as an argument or as a part of it.
    if (end == head.length && isBlank((char) head[end - 1])) {
      return Optional.empty();
    }
    String line;
    try {
      line =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(head, 2, end - 2)).toString();
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
    line = trimmed(line);
    int blank = 0;
    while (blank < line.length() && !isBlank(line.charAt(blank))) {
      blank++;
    }
    String interpreter = line.substring(0, blank);
    String argument = trimmed(line.substring(blank));
    return interpreter.startsWith("/") && line.indexOf('\0') < 0
        ? Optional.of(
            new Shebang(interpreter, argument.isEmpty() ? Optional.empty() : Optional.of(argument)))
        : Optional.empty();
  }

  /**
   * The program that interprets the script: the interpreter, or what {@code env} would start in its
   * place, which must be bound itself. Empty where only env's options could say what that is.
   */
  Optional<String> command() {
    if (!startsWithEnv()) {
      return Optional.of(interpreter);
    }
    String name = argument.orElse("");
    boolean plain = !name.isEmpty() && name.charAt(0) != '-' && name.indexOf('=') < 0;
    for (int i = 0; i < name.length(); i++) {
      plain &= !isBlank(name.charAt(i));
    }
    return plain ? argument : Optional.empty();
  }

  /** The arguments before the script's path, from argv[0] on. */
  List<String> arguments() {
    if (startsWithEnv()) {
      return List.of(argument.orElseThrow());
    }
    return argument.map(one -> List.of(interpreter, one)).orElseGet(() -> List.of(interpreter));
  }

  private boolean startsWithEnv() {
    return interpreter.endsWith(ENV);
  }

  private static String trimmed(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && isBlank(text.charAt(from))) {
      from++;
    }
    while (to > from && isBlank(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }
}
