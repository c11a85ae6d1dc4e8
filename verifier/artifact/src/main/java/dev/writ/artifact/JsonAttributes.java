// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The members of an object of which nothing is known beforehand, apart by what they are.
 *
 * @param texts strings
 * @param flags truth values
 * @param integers integers of magnitude up to 2^53 - 1
 * @param others all else as JSON, sorted and escaped as RFC 8785 has it, numbers as they were spelt
 */
public record JsonAttributes(
    Map<String, String> texts,
    Map<String, Boolean> flags,
    Map<String, Long> integers,
    Map<String, String> others) {
  /** Copies the maps. */
  public JsonAttributes {
    texts = Map.copyOf(texts);
    flags = Map.copyOf(flags);
    integers = Map.copyOf(integers);
    others = Map.copyOf(others);
  }

  static JsonAttributes of(Map<String, Object> members) {
    Map<String, String> texts = new LinkedHashMap<>();
    Map<String, Boolean> flags = new LinkedHashMap<>();
    Map<String, Long> integers = new LinkedHashMap<>();
    Map<String, String> others = new LinkedHashMap<>();
    members.forEach(
        (name, value) -> {
          if (value instanceof String text) {
            texts.put(name, text);
          } else if (value instanceof Boolean flag) {
            flags.put(name, flag);
          } else if (value instanceof Long integer) {
            integers.put(name, integer);
          } else {
            others.put(name, new String(Jcs.canonicalValue(value), StandardCharsets.UTF_8));
          }
        });
    return new JsonAttributes(texts, flags, integers, others);
  }
}
