// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Walks over the lines of a text format, each ended by a newline, and reports what is wrong as the
 * format's own exception.
 *
 * @param <E> that exception
 */
final class LineCursor<E extends MalformedTlogException> {
  /** Makes the format's exception. */
  @FunctionalInterface
  interface Malformed<E extends MalformedTlogException> {
    E of(String field, String mustBe, String was, int offset);
  }

  private final byte[] bytes;
  private final int end;
  private final Malformed<E> malformed;
  private int lineStart;
  private int next;

  /** The lines in {@code bytes} from {@code start} to before {@code end}. */
  LineCursor(byte[] bytes, int start, int end, Malformed<E> malformed) {
    this.bytes = bytes;
    this.lineStart = start;
    this.next = start;
    this.end = end;
    this.malformed = malformed;
  }

  /**
   * Holds what signed-note asks of all its text: UTF-8, and no control characters below U+0020 but
   * newlines.
   */
  static <E extends MalformedTlogException> void requireText(byte[] bytes, Malformed<E> malformed)
      throws E {
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] >= 0 && bytes[i] < 0x20 && bytes[i] != '\n') {
        throw malformed.of(
            "text",
            "without control characters but newlines",
            String.format("0x%02x", bytes[i]),
            i);
      }
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    CharBuffer out = CharBuffer.allocate(bytes.length);
    if (decoder.decode(in, out, true).isError()) {
      int at = in.position();
      throw malformed.of("text", "UTF-8", String.format("0x%02x", bytes[at]), at);
    }
  }

  boolean atEnd() {
    return next == end;
  }

  /** Where the next line starts. */
  int offset() {
    return next;
  }

  /** The next line, without its newline. */
  byte[] next(String field, String mustBe) throws E {
    lineStart = next;
    for (int i = next; i < end; i++) {
      if (bytes[i] == '\n') {
        next = i + 1;
        return Arrays.copyOfRange(bytes, lineStart, i);
      }
    }
    throw malformed.of(
        field,
        mustBe + " and a newline",
        atEnd() ? "the end" : MalformedTlogException.quote(Arrays.copyOfRange(bytes, next, end)),
        next);
  }

  /** The next line as text. */
  String nextText(String field, String mustBe) throws E {
    return new String(next(field, mustBe), StandardCharsets.UTF_8);
  }

  /** The number that {@code text}, part of the last line, spells. */
  long decimal(String field, String text) throws E {
    return Decimal.parse(text)
        .orElseThrow(
            () -> malformed(field, "a decimal of 0 to 2^63-1 without sign or leading zeros", text));
  }

  /** The hash that {@code line}, the last line, spells. */
  Hash hash(String field, byte[] line) throws E {
    return StrictBase64.decodeHash(line)
        .orElseThrow(
            () ->
                malformed.of(
                    field,
                    "canonical base64 of 32 bytes",
                    MalformedTlogException.quote(line),
                    lineStart));
  }

  /** That the last line, or {@code was} in it, is wrong. */
  E malformed(String field, String mustBe, String was) {
    return malformed.of(field, mustBe, MalformedTlogException.quote(was), lineStart);
  }
}
