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
  private final String mustBe;
  private final String was;

  MalformedPolicyException(Json.Place place, String mustBe, String was) {
    this(place, mustBe, was, null);
  }

  MalformedPolicyException(Json.Place place, String mustBe, String was, @Nullable Throwable cause) {
    super(
        "%s (line %d): must be %s, was %s"
            .formatted(place.path(), place.line(), mustBe, shorten(was)),
        cause);
    this.path = place.path();
    this.line = place.line();
    this.mustBe = mustBe;
    this.was = shorten(was);
  }

  /** Where the fault is: a JSON path such as {@code $.rules[2].when}. */
  public String path() {
    return path;
  }

  /** The line of the received text at which the faulty value starts, from 1. */
  public int line() {
    return line;
  }

  /** What the format asks for at that place. */
  public String mustBe() {
    return mustBe;
  }

  /** What stood there, cut to 200 characters. */
  public String was() {
    return was;
  }

  private static String shorten(String text) {
    return text.length() <= MAX_WAS ? text : text.substring(0, MAX_WAS) + "…";
  }
}
