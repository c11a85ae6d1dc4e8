// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * RFC 8785, the JSON Canonicalization Scheme, for what {@link StrictJson} reads: objects, arrays,
 * strings, integers of magnitude below 2^53, booleans and null. Without fractions the scheme is sorting and
 * escaping alone, so the value is written once, with no JSON text to parse in between.
 */
public final class Jcs {
  private Jcs() {}

  /**
   * The canonical bytes of an object.
   *
   * @param object members whose values are maps, lists, strings, integers (int or long) or booleans
   * @throws IllegalArgumentException on a value that canonical JSON cannot hold: another type, an
   *     integer that a JSON reader may round, a lone surrogate
   */
  public static byte[] canonical(Map<String, ?> object) {
    StringBuilder out = new StringBuilder(512);
    write(out, object);
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void write(StringBuilder out, Object value) {
    if (value instanceof String text) {
      writeText(out, text);
    } else if (value instanceof Long || value instanceof Integer) {
      out.append(exact(((Number) value).longValue()));
    } else if (value instanceof Map<?, ?> map) {
      writeObject(out, map);
    } else if (value instanceof List<?> list) {
      writeArray(out, list);
    } else if (value instanceof Boolean bool) {
      out.append(bool.booleanValue());
    } else if (value instanceof Hash hash) {
      out.append('"').append(hash.hex()).append('"');
    } else if (value == JsonNull.NULL) {
      out.append("null");
    } else {
      throw new IllegalArgumentException(
          "canonical JSON holds text, integers, booleans, lists and maps, not "
              + value.getClass().getName());
    }
  }

  private static void writeObject(StringBuilder out, Map<?, ?> map) {
    // String.compareTo compares UTF-16 code units, as RFC 8785 section 3.2.3 sorts.
    Object[] names = map.keySet().toArray();
    Arrays.sort(names);
    char separator = '{';
    for (Object name : names) {
      out.append(separator);
      writeText(out, (String) name);
      out.append(':');
      Object value = map.get(name);
      if (value == null) {
        throw new IllegalArgumentException("canonical JSON: member " + name + " is Java's null");
      }
      write(out, value);
      separator = ',';
    }
    out.append(names.length == 0 ? "{}" : "}");
  }

  private static void writeArray(StringBuilder out, List<?> list) {
    char separator = '[';
    for (Object element : list) {
      out.append(separator);
      write(out, element);
      separator = ',';
    }
    out.append(list.isEmpty() ? "[]" : "]");
  }

  private static long exact(long value) {
    if (value < -Require.MAX_EXACT || value > Require.MAX_EXACT) {
      throw new IllegalArgumentException(
          "canonical JSON: an integer must be of magnitude below 2^53, was " + value);
    }
    return value;
  }

  /** RFC 8785 section 3.2.2.2: two-character escapes where there are any, else lower-case \\u00xx. */
  private static void writeText(StringBuilder out, String text) {
    out.append('"');
    int plain = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x20 && c != '"' && c != '\\' && !Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isSurrogate(c)) {
        requirePair(text, i);
        i++;
        continue;
      }
      out.append(text, plain, i);
      plain = i + 1;
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> out.append(String.format("\\u%04x", (int) c));
      }
    }
    out.append(text, plain, text.length()).append('"');
  }

  private static void requirePair(String text, int at) {
    if (!Character.isHighSurrogate(text.charAt(at))
        || at + 1 >= text.length()
        || !Character.isLowSurrogate(text.charAt(at + 1))) {
      throw new IllegalArgumentException("canonical JSON: text has a lone surrogate");
    }
  }
}
