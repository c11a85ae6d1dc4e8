// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;

/** The rules that values of several formats share. Each throws {@link InvalidValueException}. */
final class Require {
  /** Largest integer that every JSON reader holds exactly (RFC 7493 section 2.2): 2^53 - 1. */
  static final long MAX_EXACT = (1L << 53) - 1;

  /** 9999-12-31T23:59:59Z: RFC 3339 has no later time. */
  static final long MAX_EPOCH_SECOND = 253_402_300_799L;

  private Require() {}

  /** 1 to {@code max} characters of visible ASCII (0x21 to 0x7e): an identifier without blanks. */
  @CanIgnoreReturnValue
  static String visible(String field, String value, int max) {
    if (value.isEmpty() || value.length() > max) {
      throw new InvalidValueException(field, "1 to " + max + " characters", lengthOf(value));
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c <= 0x20 || c >= 0x7f) {
        throw new InvalidValueException(field, "visible ASCII without blanks", value);
      }
    }
    return value;
  }

  /** 1 to {@code max} of {@code a-z 0-9 . _ -}, the first a letter or digit. */
  @CanIgnoreReturnValue
  static String name(String field, String value, int max) {
    if (value.isEmpty() || value.length() > max) {
      throw new InvalidValueException(field, "1 to " + max + " characters", lengthOf(value));
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      boolean alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (!alphanumeric && (i == 0 || (c != '.' && c != '_' && c != '-'))) {
        throw new InvalidValueException(
            field, "of a-z 0-9 . _ - and begin with a letter or digit", value);
      }
    }
    return value;
  }

  /** 1 to {@code max} UTF-16 units of Unicode text without characters that control its display. */
  @CanIgnoreReturnValue
  static String text(String field, String value, int max) {
    if (value.isEmpty() || value.length() > max) {
      throw new InvalidValueException(field, "1 to " + max + " characters", lengthOf(value));
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (Character.isISOControl(c) || steersDisplay(c)) {
        throw new InvalidValueException(field, "text without control characters", value);
      }
      if (Character.isSurrogate(c)) {
        boolean paired =
            Character.isHighSurrogate(c)
                && i + 1 < value.length()
                && Character.isLowSurrogate(value.charAt(i + 1));
        if (!paired) {
          throw new InvalidValueException(field, "text without lone surrogates", value);
        }
        i++;
      }
    }
    return value;
  }

  /**
   * Line and paragraph separator, and the bidirectional embeddings, overrides and isolates (Unicode
   * Standard Annex #9): text with them is not the text that a person is shown.
   */
  private static boolean steersDisplay(char c) {
    return (c >= '\u2028' && c <= '\u202e') || (c >= '\u2066' && c <= '\u2069');
  }

  /**
   * An absolute path in its one spelling: a slash before each component, none of which is empty, {@code
   * .} or {@code ..}; text at that, of at most {@code maxBytes} bytes of UTF-8.
   */
  @CanIgnoreReturnValue
  static String absolutePath(String field, String value, int maxBytes) {
    text(field, value, maxBytes);
    int bytes = value.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > maxBytes) {
      throw new InvalidValueException(
          field, "at most " + maxBytes + " bytes of UTF-8", bytes + " bytes");
    }
    boolean normalized = value.charAt(0) == '/';
    for (String component : value.substring(1).split("/", -1)) {
      normalized &= !component.isEmpty() && !component.equals(".") && !component.equals("..");
    }
    if (!normalized) {
      throw new InvalidValueException(
          field, "an absolute path without empty, . and .. components", value);
    }
    return value;
  }

  /** An absolute https or http URI without fragment. */
  @CanIgnoreReturnValue
  static String httpUri(String field, String value) {
    visible(field, value, 512);
    URI uri;
    try {
      uri = new URI(value);
    } catch (URISyntaxException e) {
      throw new InvalidValueException(field, "an https URI", value);
    }
    boolean http = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
    if (!http || uri.getHost() == null || uri.getRawFragment() != null) {
      throw new InvalidValueException(field, "an https URI without fragment", value);
    }
    return value;
  }

  @CanIgnoreReturnValue
  static long between(String field, long value, long min, long max) {
    if (value < min || value > max) {
      throw new InvalidValueException(
          field, "an integer from " + min + " to " + max, Long.toString(value));
    }
    return value;
  }

  /** A NumericDate (RFC 7519 section 2) in whole seconds. */
  @CanIgnoreReturnValue
  static Instant wholeSecond(String field, Instant value) {
    if (value.getNano() != 0) {
      throw new InvalidValueException(field, "a whole second", value.toString());
    }
    Require.between(field, value.getEpochSecond(), 0, MAX_EPOCH_SECOND);
    return value;
  }

  /** A time in whole milliseconds since 1970. */
  @CanIgnoreReturnValue
  static Instant wholeMillisecond(String field, Instant value) {
    if (value.getNano() % 1_000_000 != 0) {
      throw new InvalidValueException(field, "a whole millisecond", value.toString());
    }
    Require.between(field, value.getEpochSecond(), 0, MAX_EPOCH_SECOND);
    return value;
  }

  /** Whole seconds within bounds, which are in seconds too. */
  static void wholeSeconds(String field, Duration value, long min, long max) {
    if (value.getNano() != 0) {
      throw new InvalidValueException(field, "whole seconds", value.toString());
    }
    between(field, value.getSeconds(), min, max);
  }

  /** An unmodifiable copy with {@code min} to {@code max} elements, none of them twice. */
  static <T> List<T> distinct(String field, List<T> values, int min, int max) {
    List<T> copy = sized(field, values, min, max);
    if (copy.size() > 1 && new HashSet<>(copy).size() != copy.size()) {
      throw new InvalidValueException(field, "without repetition", "one element twice");
    }
    return copy;
  }

  /** A copy of the elements, of which there must be {@code min} to {@code max}. */
  static <T> List<T> sized(String field, List<T> values, int min, int max) {
    if (values.size() < min || values.size() > max) {
      throw new InvalidValueException(
          field, min + " to " + max + " elements", values.size() + " elements");
    }
    return List.copyOf(values);
  }

  private static String lengthOf(String value) {
    return value.length() + " characters";
  }
}
