// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * One argument of an execution as the kernel passes it: any bytes but NUL, in no character set. Never
 * changed after construction, and not shown by {@link #toString}: an argument may be a secret.
 */
public final class Argument {
  private final byte[] bytes;

  private Argument(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * The argument with these bytes, which are copied.
   *
   * @throws IllegalArgumentException if one of them is NUL, with which the kernel ends an argument
   */
  public static Argument of(byte[] bytes) {
    for (byte b : bytes) {
      if (b == 0) {
        throw new InvalidValueException("argv", "arguments without NUL", "one with NUL");
      }
    }
    return new Argument(bytes.clone());
  }

  /**
   * The argument that is {@code text} in UTF-8.
   *
   * @throws IllegalArgumentException if it has NUL, or a lone surrogate, which UTF-8 cannot spell
   */
  public static Argument of(String text) {
    try {
      ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      byte[] bytes = new byte[utf8.remaining()];
      utf8.get(bytes);
      return of(bytes);
    } catch (CharacterCodingException e) {
      throw new InvalidValueException("argv", "Unicode text", "text with a lone surrogate");
    }
  }

  /** A copy of the bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** How many bytes it has. */
  public int length() {
    return bytes.length;
  }

  /** The text of which these bytes are the UTF-8, or nothing where they are not UTF-8. */
  public Optional<String> text() {
    try {
      // A new decoder reports malformed input; the String constructor would replace it.
      return Optional.of(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Argument that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return bytes.length + " bytes";
  }
}
