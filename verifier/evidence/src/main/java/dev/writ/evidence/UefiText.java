// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Texts in a boot log: UTF-16LE of UEFI, ASCII of loaders. */
final class UefiText {
  /** Longest text that is shown. */
  private static final int MAX_SHOWN = 4096;

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
    if (end == at || (end - at) % 2 != 0 || end - at > 2 * MAX_SHOWN) {
      return Optional.empty();
    }
    try {
      return Optional.of(utf16(bytes, at, (end - at) / 2, "text"));
    } catch (MalformedEvidenceException e) {
      return Optional.empty();
    }
  }

  /** ASCII that ends at the range's end or at NULs that fill it up, where it is readable. */
  static Optional<String> ascii(byte[] bytes, int at, int length) {
    int end = at + length;
    while (end > at && bytes[end - 1] == 0) {
      end--;
    }
    if (end == at || end - at > MAX_SHOWN) {
      return Optional.empty();
    }
    for (int i = at; i < end; i++) {
      boolean layout = bytes[i] == '\n' || bytes[i] == '\t';
      if (bytes[i] < 0x20 && !layout || bytes[i] == 0x7f) {
        return Optional.empty();
      }
    }
    return Optional.of(new String(bytes, at, end - at, StandardCharsets.US_ASCII));
  }
}
