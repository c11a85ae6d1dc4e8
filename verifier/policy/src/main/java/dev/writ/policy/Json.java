// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.List;
import java.util.SortedMap;

/**
 * A JSON value together with the place at which it stood, so that a refusal can name it.
 *
 * <p>There is no {@code null} and no fraction: {@link StrictJson} refuses both.
 */
sealed interface Json {
  /** Where the value stood in the text. */
  Place place();

  /** What the value is, in a few words, for a message. */
  String describe();

  /**
   * A position in a text.
   *
   * @param line from 1
   * @param column from 1
   */
  record Position(int line, int column) {
    static final Position START = new Position(1, 1);
  }

  /**
   * A place in a JSON or YAML text.
   *
   * @param path from the root {@code $}
   * @param at where the text of the value begins
   */
  record Place(String path, Position at) {
    static final Place ROOT = new Place("$", Position.START);

    Place member(String name, Position position) {
      boolean plain =
          !name.isEmpty()
              && name.length() <= 64
              && name.chars().allMatch(c -> Character.isLetterOrDigit(c) || c == '_' || c == '-');
      String shown = name.length() <= 64 ? name : name.substring(0, 64) + "…";
      return new Place(path + (plain ? "." + name : "[\"" + shown + "\"]"), position);
    }

    /** The place of a member that is absent: where its object begins. */
    Place absent(String name) {
      return member(name, at);
    }

    Place element(int index, Position position) {
      return new Place(path + "[" + index + "]", position);
    }
  }

  /** An object; members in ascending order of their names' UTF-16 units (RFC 8785 3.2.3). */
  record Obj(Place place, SortedMap<String, Json> members) implements Json {
    @Override
    public String describe() {
      return "an object";
    }
  }

  /** An array. */
  record Arr(Place place, List<Json> elements) implements Json {
    @Override
    public String describe() {
      return "an array of " + elements.size();
    }
  }

  /** A string without lone surrogates. */
  record Text(Place place, String value) implements Json {
    @Override
    public String describe() {
      return "\"" + value + "\"";
    }
  }

  /** An integer that a double holds exactly: −(2⁵³−1) … 2⁵³−1. */
  record Int(Place place, long value) implements Json {
    static final long MAX = (1L << 53) - 1;

    @Override
    public String describe() {
      return Long.toString(value);
    }
  }

  /** A truth value. */
  record Bool(Place place, boolean value) implements Json {
    @Override
    public String describe() {
      return Boolean.toString(value);
    }
  }
}
