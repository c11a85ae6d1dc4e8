// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Texts in a boot log: UTF-16LE of UEFI, ASCII of loaders. */
final class UefiText {
  private static final char REPLACEMENT = '\ufffd';

  private UefiText() {}

  /**
   * UTF-16LE of {@code units} units.
   *
   * @throws MalformedEvidenceException if it is none, or holds a control character or NUL
   */
  static String utf16(byte[] bytes, int at, int units, String field)
      throws MalformedEvidenceException {
    StringBuilder text = new StringBuilder(units);
    for (int i = 0; i < units; i++) {
      char unit = (char) UefiReader.u16At(bytes, at + 2 * i);
      boolean afterHigh = i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
      boolean last = i == units - 1;
      if (Character.isISOControl(unit)
          || Character.isLowSurrogate(unit) != afterHigh
          || last && Character.isHighSurrogate(unit)) {
        throw new MalformedEvidenceException(
            field, at + 2 * i, "UTF-16 without control characters", TpmReader.hex16(unit));
      }
      text.append(unit);
    }
    return text.toString();
  }

  /** UTF-16LE that ends at the range's end or at NULs that fill it up, where it is readable. */
  static Optional<String> utf16(byte[] bytes, int at, int length) {
    int end = at + length;
    if (length % 2 != 0 && bytes[end - 1] == 0) {
      end--;
    }
    while (end - at >= 2 && bytes[end - 1] == 0 && bytes[end - 2] == 0) {
      end -= 2;
    }
    if (end == at || (end - at) % 2 != 0) {
      return Optional.empty();
    }
    try {
      return Optional.of(utf16(bytes, at, (end - at) / 2, "text"));
    } catch (MalformedEvidenceException e) {
      return Optional.empty();
    }
  }

  /**
   * ASCII, and nothing but ASCII without control characters, but for NULs that fill it up: what
   * firmware measures as a text.
   */
  static Optional<String> ascii(byte[] bytes, int at, int length) {
    int end = at + lengthWithoutNul(bytes, at, length);
    for (int i = at; i < end; i++) {
      if (bytes[i] < 0x20 || bytes[i] == 0x7f) {
        return Optional.empty();
      }
    }
    return end == at
        ? Optional.empty()
        : Optional.of(new String(bytes, at, end - at, StandardCharsets.US_ASCII));
  }

  /**
   * What a loader measures as a text: UTF-8 that NULs may fill up, without one inside. What cannot be
   * shown of it is replaced, so that this is for people and never compared.
   */
  static Optional<String> utf8(byte[] bytes, int at, int length) {
    int shown = lengthWithoutNul(bytes, at, length);
    for (int i = at; i < at + shown; i++) {
      if (bytes[i] == 0) {
        return Optional.empty();
      }
    }
    String text = new String(bytes, at, shown, StandardCharsets.UTF_8);
    return text.isEmpty() ? Optional.empty() : Optional.of(shown(text));
  }

  private static String shown(String text) {
    return text.chars().anyMatch(UefiText::isHidden)
        ? text.chars()
            .map(unit -> isHidden(unit) ? REPLACEMENT : unit)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString()
        : text;
  }

  private static boolean isHidden(int unit) {
    return Character.isISOControl(unit) && unit != '\n' && unit != '\t';
  }

  /** As {@link #utf8}, where nothing had to be replaced. */
  static Optional<String> readable(byte[] bytes, int at, int length) {
    return utf8(bytes, at, length).filter(text -> text.indexOf(REPLACEMENT) < 0);
  }

  /** Length of a range without the NULs at its end. */
  static int lengthWithoutNul(byte[] bytes, int at, int length) {
    int end = at + length;
    while (end > at && bytes[end - 1] == 0) {
      end--;
    }
    return end - at;
  }
}
