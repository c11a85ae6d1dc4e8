// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/** The rule for names of keys in notes (c2sp.org/signed-note, "Format"). */
final class KeyName {
  static final String RULE = "1 to 255 characters without spaces, '+' and control characters";

  /** Not in the specification: TLS structures of newer cosignatures have room for 255 bytes. */
  private static final int MAX_CHARS = 255;

  private static final int NEXT_LINE = 0x85;

  private KeyName() {}

  static boolean isValid(String name) {
    return !name.isEmpty()
        && name.length() <= MAX_CHARS
        && name.codePoints().allMatch(KeyName::isAllowed);
  }

  private static boolean isAllowed(int c) {
    return c != '+'
        && c >= 0x20
        && c != NEXT_LINE
        && !Character.isSpaceChar(c)
        && !Character.isWhitespace(c)
        && Character.getType(c) != Character.SURROGATE;
  }
}
