// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.util.OptionalLong;

/** ASCII decimals as C2SP texts write them: no sign, no leading zero unless the number is 0. */
final class Decimal {
  /** Digits of 2^63 - 1. */
  private static final int MAX_DIGITS = 19;

  private Decimal() {}

  /** The number that {@code text} spells, or empty where it spells none of 0 to 2^63 - 1. */
  static OptionalLong parse(String text) {
    if (text.isEmpty() || text.length() > MAX_DIGITS) {
      return OptionalLong.empty();
    }
    if (text.charAt(0) == '0' && text.length() > 1) {
      return OptionalLong.empty();
    }
    long value = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9 || value > (Long.MAX_VALUE - digit) / 10) {
        return OptionalLong.empty();
      }
      value = value * 10 + digit;
    }
    return OptionalLong.of(value);
  }
}
