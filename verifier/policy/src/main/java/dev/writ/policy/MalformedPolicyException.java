// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import org.jspecify.annotations.Nullable;

/**
 * A policy document, or decision inputs, that do not have the form that {@link dev.writ.policy}
 * specifies.
 *
 * <p>The message names the place, what must stand there, and what stood there.
 */
public final class MalformedPolicyException extends Exception {
  private static final int MAX_WAS = 200;

  private final String path;
  private final int line;
  private final int column;
  private final String element;
  private final String mustBe;
  private final String was;

  MalformedPolicyException(Json.Place place, String mustBe, String was) {
    this(place, mustBe, was, null);
  }

  MalformedPolicyException(Json.Place place, String mustBe, String was, @Nullable Throwable cause) {
    this(place.path(), place.at(), "", mustBe, shorten(was), cause);
  }

  private MalformedPolicyException(
      String path,
      Json.Position at,
      String element,
      String mustBe,
      String was,
      @Nullable Throwable cause) {
    super(
        "%s (line %d, column %d%s): must be %s, was %s"
            .formatted(
                path, at.line(), at.column(), element.isEmpty() ? "" : ", " + element, mustBe, was),
        cause);
    this.path = path;
    this.line = at.line();
    this.column = at.column();
    this.element = element;
    this.mustBe = mustBe;
    this.was = was;
  }

  /** The same, saying besides in which {@code named} element it was, such as {@code rule frozen}. */
  MalformedPolicyException within(String named) {
    return new MalformedPolicyException(
        path, new Json.Position(line, column), named, mustBe, was, getCause());
  }

  /** Where the fault is: a JSON path such as {@code $.rules[2].when}. */
  public String path() {
    return path;
  }

  /** The line of the received text at which the faulty value starts, from 1. */
  public int line() {
    return line;
  }

  /** The column of that line, from 1. */
  public int column() {
    return column;
  }

  /** What the format asks for at that place. */
  public String mustBe() {
    return mustBe;
  }

  /** What stood there, cut to 200 characters. */
  public String was() {
    return was;
  }

  /** The message without line and column, for whoever puts them before it. */
  public String fault() {
    return path
        + (element.isEmpty() ? "" : ", " + element)
        + ": must be "
        + mustBe
        + ", was "
        + was;
  }

  private static String shorten(String text) {
    return text.length() <= MAX_WAS ? text : text.substring(0, MAX_WAS) + "…";
  }
}
