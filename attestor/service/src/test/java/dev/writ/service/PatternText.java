// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.util.Random;

/**
 * Text that a regular expression matches, for those of the contract: literals, escapes, classes with
 * ranges or of what is not in them, groups with alternatives, look-ahead, and the quantifiers {@code ? * + {n} {n,m}}.
 */
final class PatternText {
  private final Random random;
  private final int wanted;
  private String pattern = "";
  private int at;

  /**
   * Makes texts of about a length.
   *
   * @param wanted how often an unbounded quantifier repeats, at least
   */
  PatternText(Random random, int wanted) {
    this.random = random;
    this.wanted = wanted;
  }

  String of(String regex) {
    if (!regex.startsWith("^") || !regex.endsWith("$")) {
      throw new AssertionError("a pattern of the contract must be of the whole text: " + regex);
    }
    pattern = regex.substring(1, regex.length() - 1);
    at = 0;
    return alternatives();
  }

  /** One of the alternatives up to a closing parenthesis or the end; all are read. */
  private String alternatives() {
    String chosen = sequence();
    for (int seen = 2; at < pattern.length() && pattern.charAt(at) == '|'; seen++) {
      at++;
      String other = sequence();
      if (random.nextInt(seen) == 0) {
        chosen = other;
      }
    }
    return chosen;
  }

  private String sequence() {
    StringBuilder text = new StringBuilder();
    while (at < pattern.length() && pattern.charAt(at) != '|' && pattern.charAt(at) != ')') {
      int begin = at;
      String first = atom();
      int end = at;
      int times = times();
      int after = at;
      for (int i = 0; i < times; i++) {
        if (i == 0) {
          text.append(first);
        } else {
          // Again, so that each repetition is its own.
          at = begin;
          text.append(atom());
          if (at != end) {
            throw new AssertionError("an atom was read two ways in " + pattern);
          }
        }
      }
      at = after;
    }
    return text.toString();
  }

  private String atom() {
    char c = pattern.charAt(at++);
    if (c == '(' && pattern.startsWith("?!", at)) {
      // Says what must not follow: whoever wants the text looks whether it does.
      at += 2;
      String unwanted = alternatives();
      at++;
      return unwanted.substring(unwanted.length());
    } else if (c == '(') {
      String group = alternatives();
      at++;
      return group;
    } else if (c == '[') {
      return String.valueOf(ofClass());
    } else if (c == '\\') {
      return String.valueOf(pattern.charAt(at++));
    }
    return String.valueOf(c);
  }

  private char ofClass() {
    StringBuilder all = new StringBuilder();
    boolean negated = pattern.charAt(at) == '^';
    at += negated ? 1 : 0;
    while (pattern.charAt(at) != ']') {
      char low = literal();
      char high = low;
      if (pattern.charAt(at) == '-' && pattern.charAt(at + 1) != ']') {
        at++;
        high = literal();
      }
      for (char c = low; c <= high; c++) {
        all.append(c);
      }
    }
    at++;
    String chars = negated ? printableBut(all.toString()) : all.toString();
    return chars.charAt(random.nextInt(chars.length()));
  }

  private static String printableBut(String unwanted) {
    StringBuilder all = new StringBuilder("é€");
    for (char c = ' '; c <= '~'; c++) {
      if (unwanted.indexOf(c) < 0) {
        all.append(c);
      }
    }
    return all.toString();
  }

  private char literal() {
    char c = pattern.charAt(at++);
    if (c == '\\' && pattern.charAt(at) == 'u') {
      at += 5;
      return (char) Integer.parseInt(pattern.substring(at - 4, at), 16);
    }
    return c == '\\' ? pattern.charAt(at++) : c;
  }

  private int times() {
    if (at == pattern.length()) {
      return 1;
    }
    return switch (pattern.charAt(at)) {
      case '?' -> quantified(0, 1);
      case '*' -> quantified(0, 2);
      case '+' -> quantified(Math.max(1, wanted), Math.max(1, wanted));
      case '{' -> counted();
      default -> 1;
    };
  }

  private int quantified(int low, int high) {
    at++;
    return low + random.nextInt(high - low + 1);
  }

  private int counted() {
    int end = pattern.indexOf('}', at);
    String[] bounds = pattern.substring(at + 1, end).split(",");
    at = end + 1;
    int low = Integer.parseInt(bounds[0]);
    int high = Integer.parseInt(bounds[bounds.length - 1]);
    return low + random.nextInt(Math.min(high - low, 20) + 1);
  }
}
