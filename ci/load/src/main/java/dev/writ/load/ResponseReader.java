// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One response of HTTP/1.1 as it arrives: its status and its body, whose length the service says in
 * Content-Length. Used again for the next response of the same connection.
 */
final class ResponseReader {
  private static final int FIRST_BYTES = 16 * 1024;
  private static final int MAX_BYTES = 1 << 20;
  private static final byte[] LENGTH_FIELD =
      "\r\ncontent-length:".getBytes(StandardCharsets.US_ASCII);

  private byte[] bytes = new byte[FIRST_BYTES];
  private int length;
  private int bodyAt;
  private int end;
  private int status;

  void reset() {
    length = 0;
    bodyAt = 0;
    end = 0;
  }

  /** Whether nothing has arrived yet. */
  boolean isEmpty() {
    return length == 0;
  }

  /** Where the next bytes belong. */
  ByteBuffer room() throws IOException {
    if (length == bytes.length) {
      if (length >= MAX_BYTES) {
        throw new IOException("a response must be at most " + MAX_BYTES + " bytes");
      }
      bytes = Arrays.copyOf(bytes, 2 * length);
    }
    return ByteBuffer.wrap(bytes, length, bytes.length - length);
  }

  /** That {@code count} more bytes have arrived; whether the response is whole now. */
  boolean advance(int count) throws IOException {
    int searchFrom = Math.max(0, length - 3);
    length += count;
    if (bodyAt == 0) {
      readHead(searchFrom);
    }
    return bodyAt != 0 && length >= end;
  }

  private void readHead(int searchFrom) throws IOException {
    for (int i = searchFrom; i <= length - 4; i++) {
      if (bytes[i] == '\r'
          && bytes[i + 1] == '\n'
          && bytes[i + 2] == '\r'
          && bytes[i + 3] == '\n') {
        bodyAt = i + 4;
        status = number(9, 12);
        end = bodyAt + contentLength(i);
        return;
      }
    }
  }

  /** HEAD is never asked, and 204 never answered: each response has a length. */
  private int contentLength(int headEnd) throws IOException {
    for (int i = 0; i < headEnd; i++) {
      if (bytes[i] == '\r' && isLengthField(i)) {
        int at = i + LENGTH_FIELD.length;
        while (bytes[at] == ' ') {
          at++;
        }
        int after = at;
        while (bytes[after] != '\r') {
          after++;
        }
        return number(at, after);
      }
    }
    throw new IOException("a response must have a Content-Length, had: " + text(0, headEnd));
  }

  private boolean isLengthField(int at) {
    for (int i = 0; i < LENGTH_FIELD.length; i++) {
      int c = bytes[at + i];
      if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != LENGTH_FIELD[i]) {
        return false;
      }
    }
    return true;
  }

  private int number(int from, int to) throws IOException {
    int value = 0;
    for (int i = from; i < to; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9 || value > MAX_BYTES) {
        throw new IOException("this must be a number: " + text(from, to));
      }
      value = 10 * value + digit;
    }
    return value;
  }

  private String text(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }

  int status() {
    return status;
  }

  /** Status line and fields. */
  String head() {
    return text(0, bodyAt);
  }

  /** The bytes in which the body lies; they are this reader's, until its next response. */
  byte[] buffer() {
    return bytes;
  }

  int bodyAt() {
    return bodyAt;
  }

  int bodyEnd() {
    return end;
  }

  byte[] body() {
    return Arrays.copyOfRange(bytes, bodyAt, end);
  }
}
