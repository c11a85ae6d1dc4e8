// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * RFC 8785, the JSON Canonicalization Scheme, for what {@link StrictJson} reads: objects, arrays,
 * strings, integers of magnitude below 2^53, booleans and null. Without fractions the scheme is sorting and
 * escaping alone, so the value is written once, as the bytes it ends as, with no JSON text to parse in
 * between.
 */
public final class Jcs {
  private static final String HEX = "0123456789abcdef";

  // String.compareTo compares UTF-16 code units, as RFC 8785 section 3.2.3 sorts.
  private static final Comparator<Map.Entry<?, ?>> BY_NAME =
      (a, b) -> ((String) a.getKey()).compareTo((String) b.getKey());

  /** As long as the claims of an artifact usually are. */
  private static final int USUAL_BYTES = 4 * 1024;

  private byte[] out;
  private int length;

  private Jcs(int bytes) {
    out = new byte[bytes];
  }

  /**
   * The canonical bytes of an object.
   *
   * @param object members whose values are maps, lists, strings, integers (int or long) or booleans
   * @throws IllegalArgumentException on a value that canonical JSON cannot hold: another type, an
   *     integer that a JSON reader may round, a lone surrogate
   */
  public static byte[] canonical(Map<String, ?> object) {
    Jcs jcs = new Jcs(USUAL_BYTES);
    jcs.write(object);
    return jcs.bytes();
  }

  /**
   * The canonical bytes of a string, quotes and all.
   *
   * @throws IllegalArgumentException on a lone surrogate
   */
  public static byte[] canonical(String text) {
    Jcs jcs = new Jcs(text.length() + 2);
    jcs.writeText(text);
    return jcs.bytes();
  }

  /**
   * The canonical bytes of any value that an object may have.
   *
   * @throws IllegalArgumentException as for an object
   */
  static byte[] canonicalValue(Object value) {
    Jcs jcs = new Jcs(USUAL_BYTES);
    jcs.write(value);
    return jcs.bytes();
  }

  private byte[] bytes() {
    return Arrays.copyOf(out, length);
  }

  private void write(Object value) {
    if (value instanceof String text) {
      writeText(text);
    } else if (value instanceof Long || value instanceof Integer) {
      writeAscii(Long.toString(exact(((Number) value).longValue())));
    } else if (value instanceof Map<?, ?> map) {
      writeObject(map);
    } else if (value instanceof List<?> list) {
      writeArray(list);
    } else if (value instanceof Boolean bool) {
      writeAscii(bool.toString());
    } else if (value instanceof Hash hash) {
      writeText(hash.hex());
    } else if (value instanceof JsonNumber number) {
      writeAscii(number.spelt());
    } else if (value == JsonNull.NULL) {
      writeAscii("null");
    } else {
      throw new IllegalArgumentException(
          "canonical JSON holds text, integers, booleans, lists and maps, not "
              + value.getClass().getName());
    }
  }

  private void writeObject(Map<?, ?> map) {
    Map.Entry<?, ?>[] members = map.entrySet().toArray(new Map.Entry<?, ?>[0]);
    Arrays.sort(members, BY_NAME);
    char separator = '{';
    for (Map.Entry<?, ?> member : members) {
      write(separator);
      writeText((String) member.getKey());
      write(':');
      Object value = member.getValue();
      if (value == null) {
        throw new IllegalArgumentException(
            "canonical JSON: member " + member.getKey() + " is Java's null");
      }
      write(value);
      separator = ',';
    }
    writeAscii(members.length == 0 ? "{}" : "}");
  }

  private void writeArray(List<?> list) {
    char separator = '[';
    for (Object element : list) {
      write(separator);
      write(element);
      separator = ',';
    }
    writeAscii(list.isEmpty() ? "[]" : "]");
  }

  private static long exact(long value) {
    if (value < -Require.MAX_EXACT || value > Require.MAX_EXACT) {
      throw new IllegalArgumentException(
          "canonical JSON: an integer must be of magnitude below 2^53, was " + value);
    }
    return value;
  }

  private void write(char ascii) {
    room(1);
    out[length++] = (byte) ascii;
  }

  private void writeAscii(String text) {
    writeAll(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private void writeAll(byte[] bytes) {
    room(bytes.length);
    System.arraycopy(bytes, 0, out, length, bytes.length);
    length += bytes.length;
  }

  /** Nearly all text is plain ASCII, and is copied while it is looked at. */
  private void writeText(String text) {
    int end = text.length();
    room(end + 2);
    byte[] to = out;
    int at = length;
    to[at++] = '"';
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\') {
        length = at;
        writeEscaped(text, i);
        return;
      }
      to[at++] = (byte) c;
    }
    to[at++] = '"';
    length = at;
  }

  /** The rest of a text and its closing quote. */
  private void writeEscaped(String text, int from) {
    int plain = from;
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        requirePair(text, i);
        i++;
      } else if (c < 0x20 || c == '"' || c == '\\') {
        writeAll(text.substring(plain, i).getBytes(StandardCharsets.UTF_8));
        writeEscape(c);
        plain = i + 1;
      }
    }
    writeAll(text.substring(plain).getBytes(StandardCharsets.UTF_8));
    write('"');
  }

  /** RFC 8785 section 3.2.2.2: two-character escapes where there are any, else lower-case \\u00xx. */
  private void writeEscape(char c) {
    switch (c) {
      case '"' -> writeAscii("\\\"");
      case '\\' -> writeAscii("\\\\");
      case '\b' -> writeAscii("\\b");
      case '\f' -> writeAscii("\\f");
      case '\n' -> writeAscii("\\n");
      case '\r' -> writeAscii("\\r");
      case '\t' -> writeAscii("\\t");
      default -> writeAscii("\\u00" + HEX.charAt(c >> 4) + HEX.charAt(c & 0xf));
    }
  }

  private void room(int more) {
    if (out.length - length < more) {
      out = Arrays.copyOf(out, Math.max(2 * out.length, length + more));
    }
  }

  private static void requirePair(String text, int at) {
    if (!Character.isHighSurrogate(text.charAt(at))
        || at + 1 >= text.length()
        || !Character.isLowSurrogate(text.charAt(at + 1))) {
      throw new IllegalArgumentException("canonical JSON: text has a lone surrogate");
    }
  }
}
