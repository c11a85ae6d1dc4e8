// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A value of a configuration as it was written, with the place where it was. */
sealed interface ConfigNode {
  /** Where it was written. */
  Place place();

  /** What it is, for a message that wanted something else. */
  String describe();

  /**
   * Where a value comes from.
   *
   * @param source names it in messages: a file with its line, a variable, an option
   * @param base what relative paths there are relative to
   */
  record Place(String source, Path base) {}

  /**
   * A text, a number or a truth value.
   *
   * @param text its characters
   * @param plain whether it was written without quotes, so that YAML may read it as something else
   *     than text
   */
  record Scalar(String text, boolean plain, Place place) implements ConfigNode {
    @Override
    public String describe() {
      if (plain && text.isEmpty()) {
        return "nothing";
      }
      return plain ? text : "\"" + text + "\"";
    }
  }

  /**
   * A list.
   *
   * @param elements in their order
   */
  record Sequence(List<ConfigNode> elements, Place place) implements ConfigNode {
    @Override
    public String describe() {
      return "a list";
    }
  }

  /**
   * A section.
   *
   * @param members in their order
   */
  record Mapping(Map<String, ConfigNode> members, Place place) implements ConfigNode {
    @Override
    public String describe() {
      return "a section";
    }
  }
}
