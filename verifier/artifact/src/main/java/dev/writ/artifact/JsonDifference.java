// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The first place at which two JSON objects are not the same.
 *
 * @param path of the member, with {@code [3]} for a place in an array
 * @param was what the one has there, in canonical JSON cut to {@link #MAX_SHOWN}; {@link #ABSENT} where it
 *     has nothing
 * @param is what the other has
 */
public record JsonDifference(String path, String was, String is) {
  /** Stands for a member that is not there. */
  public static final String ABSENT = "absent";

  /** UTF-16 units of a value that is shown. */
  public static final int MAX_SHOWN = 256;

  /**
   * Compares two documents; empty if they say the same, whatever their spelling.
   *
   * @param maxBytes longest document accepted
   * @throws MalformedJsonException if one is no JSON object as {@link StrictJson} reads it
   */
  public static Optional<JsonDifference> first(byte[] one, byte[] other, int maxBytes)
      throws MalformedJsonException {
    return of("", StrictJson.tree(one, maxBytes), StrictJson.tree(other, maxBytes));
  }

  private static Optional<JsonDifference> of(
      String path, @Nullable Object one, @Nullable Object other) {
    if (one instanceof Map<?, ?> a && other instanceof Map<?, ?> b) {
      TreeSet<String> names = new TreeSet<>();
      a.keySet().forEach(name -> names.add((String) name));
      b.keySet().forEach(name -> names.add((String) name));
      for (String name : names) {
        Optional<JsonDifference> found = of(JsonMembers.join(path, name), a.get(name), b.get(name));
        if (found.isPresent()) {
          return found;
        }
      }
      return Optional.empty();
    }
    if (one instanceof List<?> a && other instanceof List<?> b) {
      for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
        Optional<JsonDifference> found =
            of(
                path + "[" + i + "]",
                i < a.size() ? a.get(i) : null,
                i < b.size() ? b.get(i) : null);
        if (found.isPresent()) {
          return found;
        }
      }
      return Optional.empty();
    }
    return one != null && one.equals(other)
        ? Optional.empty()
        : Optional.of(new JsonDifference(path, shown(one), shown(other)));
  }

  private static String shown(@Nullable Object value) {
    if (value == null) {
      return ABSENT;
    }
    String bare = new String(Jcs.canonicalValue(value), StandardCharsets.UTF_8);
    if (bare.length() <= MAX_SHOWN) {
      return bare;
    }
    int end = Character.isHighSurrogate(bare.charAt(MAX_SHOWN - 1)) ? MAX_SHOWN - 1 : MAX_SHOWN;
    return bare.substring(0, end) + "…";
  }
}
