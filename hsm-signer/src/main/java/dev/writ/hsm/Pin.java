// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.util.Arrays;

/**
 * The user PIN of a token; zeroed by {@link #close()}, never shown.
 *
 * <p>A Java heap may have copied it before: closing shortens the time in which a memory dump shows it
 * and promises no more.
 */
public final class Pin implements AutoCloseable {
  static final int MAX_BYTES = 255;

  private final byte[] bytes;

  private Pin(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * A PIN of these bytes.
   *
   * @param bytes UTF-8, copied; 1 to 255 bytes with no control character
   * @throws IllegalArgumentException if it is anything else; the message does not show it
   */
  public static Pin of(byte[] bytes) {
    if (bytes.length == 0 || bytes.length > MAX_BYTES) {
      throw new IllegalArgumentException("a PIN must be 1 to " + MAX_BYTES + " bytes");
    }
    for (byte b : bytes) {
      if (b >= 0 && b < ' ' || b == 0x7f) {
        throw new IllegalArgumentException("a PIN must be one line without control characters");
      }
    }
    return new Pin(bytes.clone());
  }

  /** The bytes themselves, not a copy: zeros once this is closed. */
  public byte[] bytes() {
    return bytes;
  }

  /** One char to each byte, as C_Login takes it: the wrapper narrows each char to a CK_UTF8CHAR. */
  char[] utf8Chars() {
    char[] chars = new char[bytes.length];
    for (int i = 0; i < chars.length; i++) {
      chars[i] = (char) (bytes[i] & 0xff);
    }
    return chars;
  }

  @Override
  public void close() {
    Arrays.fill(bytes, (byte) 0);
  }

  @Override
  public String toString() {
    return "PIN";
  }
}
