// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/** Text of an Attester's choosing, made fit to be shown: bounded, and without what steers a display. */
final class ShownText {
  private static final int DIGITS = 12;
  private static final char REPLACEMENT = '\ufffd';
  private static final char CUT = '\u2026';

  private ShownText() {}

  /**
   * {@code text} with control characters, line separators, bidirectional controls and lone surrogates
   * replaced by U+FFFD. What is longer than {@code max} UTF-16 units ends in an ellipsis.
   */
  static String of(String text, int max) {
    int length = text.length();
    int end = length <= max ? length : max - 1;
    if (end < length && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    StringBuilder shown = new StringBuilder(end + 1);
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < end
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        shown.append(c).append(text.charAt(++i));
      } else {
        shown.append(steersDisplay(c) || Character.isSurrogate(c) ? REPLACEMENT : c);
      }
    }
    return end < length ? shown.append(CUT).toString() : shown.toString();
  }

  /** The start of a digest in hex: enough for a person to tell it from another. */
  static String start(String hex) {
    return hex.length() > DIGITS ? hex.substring(0, DIGITS) + CUT : hex;
  }

  /** Unicode Standard Annex #9 for the bidirectional ones. */
  private static boolean steersDisplay(char c) {
    return Character.isISOControl(c)
        || (c >= '\u2028' && c <= '\u202e')
        || (c >= '\u2066' && c <= '\u2069');
  }
}
