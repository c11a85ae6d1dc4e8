// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

/**
 * Writes the JSON Canonicalization Scheme (RFC 8785) directly, for values whose numbers are
 * integers.
 *
 * <p>The caller writes the members of an object in ascending order of their names; another order is
 * a bug and fails. Nothing is sorted or parsed again, which is what makes a decision cheap to write.
 */
final class CanonicalJson {
  private static final String HEX = "0123456789abcdef";

  private final StringBuilder out = new StringBuilder(512);

  /** For each open object the name written last, for each open array the empty string. */
  private final Deque<String> open = new ArrayDeque<>();

  private boolean first = true;

  /** The canonical text of a value that was read. */
  static String of(Json value) {
    return new CanonicalJson().json(value).toString();
  }

  @CanIgnoreReturnValue
  CanonicalJson beginObject() {
    separate();
    out.append('{');
    open.push("");
    first = true;
    return this;
  }

  @CanIgnoreReturnValue
  CanonicalJson endObject() {
    open.pop();
    out.append('}');
    first = false;
    return this;
  }

  @CanIgnoreReturnValue
  CanonicalJson beginArray() {
    separate();
    out.append('[');
    open.push("");
    first = true;
    return this;
  }

  @CanIgnoreReturnValue
  CanonicalJson endArray() {
    open.pop();
    out.append(']');
    first = false;
    return this;
  }

  /** The name of the next member. */
  @CanIgnoreReturnValue
  CanonicalJson name(String name) {
    String last = open.pop();
    if (!first && last.compareTo(name) >= 0) {
      throw new IllegalStateException("member " + name + " is out of order; this is a bug");
    }
    open.push(name);
    separate();
    quote(name);
    out.append(':');
    first = true;
    return this;
  }

  @CanIgnoreReturnValue
  CanonicalJson text(String value) {
    separate();
    quote(value);
    return this;
  }

  @CanIgnoreReturnValue
  CanonicalJson integer(long value) {
    separate();
    out.append(value);
    return this;
  }

  @CanIgnoreReturnValue
  CanonicalJson bool(boolean value) {
    separate();
    out.append(value);
    return this;
  }

  /** A value that is canonical JSON already. */
  @CanIgnoreReturnValue
  CanonicalJson canonical(String json) {
    separate();
    out.append(json);
    return this;
  }

  @CanIgnoreReturnValue
  private CanonicalJson json(Json value) {
    if (value instanceof Json.Obj object) {
      beginObject();
      for (Map.Entry<String, Json> member : object.members().entrySet()) {
        name(member.getKey()).json(member.getValue());
      }
      return endObject();
    } else if (value instanceof Json.Arr array) {
      beginArray();
      array.elements().forEach(this::json);
      return endArray();
    } else if (value instanceof Json.Text text) {
      return text(text.value());
    } else if (value instanceof Json.Int integer) {
      return integer(integer.value());
    } else if (value instanceof Json.Bool bool) {
      return bool(bool.value());
    }
    throw new IllegalStateException("an unknown kind of JSON value; this is a bug");
  }

  private void separate() {
    if (!first) {
      out.append(',');
    }
    first = false;
  }

  /** RFC 8785 3.2.2.2: the short escapes, other controls as lower-case hex, all else literally. */
  private void quote(String value) {
    out.append('"');
    if (isPlain(value)) {
      // Nearly all text is, and is copied at once.
      out.append(value);
    } else {
      escape(value);
    }
    out.append('"');
  }

  private static boolean isPlain(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < 0x20 || c == '"' || c == '\\') {
        return false;
      }
    }
    return true;
  }

  private void escape(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\t' -> out.append("\\t");
        case '\n' -> out.append("\\n");
        case '\f' -> out.append("\\f");
        case '\r' -> out.append("\\r");
        default -> {
          if (c < 0x20) {
            out.append("\\u00").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 0xf));
          } else {
            out.append(c);
          }
        }
      }
    }
  }

  byte[] bytes() {
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
