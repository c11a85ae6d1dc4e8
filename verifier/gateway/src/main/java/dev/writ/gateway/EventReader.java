// SPDX-License-Identifier: Apache-2.0
package dev.writ.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads server-sent events (WHATWG HTML, 9.2), each of at most {@value #MAX_EVENT} bytes. An event that
 * the end of the stream cuts off is none.
 */
final class EventReader {
  /** Longest event, all its lines together: a token or a revocation at its longest, and some. */
  static final int MAX_EVENT = 128 * 1024;

  private static final int NO_BYTE = -2;

  private final InputStream in;
  private byte[] line = new byte[1024];
  private final byte[] buffer = new byte[4096];
  private int at;
  private int end;
  private int read;
  private int ahead = NO_BYTE;
  private String id = "";

  EventReader(InputStream in) {
    this.in = in;
  }

  /** An event was longer than it may be. What follows cannot be told from it. */
  static final class TooLargeException extends IOException {
    private static final long serialVersionUID = 1;

    TooLargeException() {
      super("an event must have at most " + MAX_EVENT + " bytes, has more");
    }
  }

  /** The stream ended within an event, or without its end. */
  static final class TruncatedException extends IOException {
    private static final long serialVersionUID = 1;

    TruncatedException() {
      super("a stream must come to its end, and was cut off");
    }
  }

  /** What came next. */
  sealed interface Read {
    /** An event, or an id by itself. */
    record Event(ServerEvent event) implements Read {}

    /** A comment: whoever sends it is there. */
    record Beat() implements Read {}

    /** The end, between two events. */
    record End() implements Read {}
  }

  /**
   * Waits for what comes next.
   *
   * @throws TooLargeException if it is longer than it may be
   * @throws TruncatedException if the stream ends within it
   * @throws CharacterCodingException if it is no UTF-8
   */
  Read next() throws IOException {
    String type = "";
    StringBuilder data = new StringBuilder();
    boolean any = false;
    boolean named = false;
    boolean comment = false;
    read = 0;
    while (true) {
      String text = readLine();
      if (text == null) {
        if (any || named || comment) {
          throw new TruncatedException();
        }
        return new Read.End();
      }
      if (text.isEmpty()) {
        if (any) {
          data.setLength(data.length() - 1);
        }
        if (any || named) {
          return new Read.Event(
              new ServerEvent(type.isEmpty() ? "message" : type, data.toString(), id));
        }
        if (comment) {
          return new Read.Beat();
        }
        read = 0;
        continue;
      }
      int colon = text.indexOf(':');
      String field = colon < 0 ? text : text.substring(0, colon);
      String value = colon < 0 ? "" : text.substring(colon + 1);
      value = value.startsWith(" ") ? value.substring(1) : value;
      switch (field) {
        case "" -> comment = true;
        case "event" -> type = value;
        case "data" -> {
          data.append(value).append('\n');
          any = true;
        }
        case "id" -> {
          if (value.indexOf('\0') < 0) {
            id = value;
            named = true;
          }
        }
        default -> {
          // Fields that the standard does not name are ignored; retry is this side's own matter.
        }
      }
    }
  }

  /** A line without its end; null where the stream ends, be it within a line. */
  private @Nullable String readLine() throws IOException {
    int length = 0;
    while (true) {
      int b = readByte();
      if (b < 0) {
        if (length > 0) {
          throw new TruncatedException();
        }
        return null;
      }
      if (b == '\r') {
        ahead = fresh();
        ahead = ahead == '\n' ? NO_BYTE : ahead;
        return text(length);
      }
      if (b == '\n') {
        return text(length);
      }
      if (length == line.length) {
        line = Arrays.copyOf(line, 2 * length);
      }
      line[length++] = (byte) b;
    }
  }

  private int readByte() throws IOException {
    int b = ahead;
    ahead = NO_BYTE;
    if (b == NO_BYTE) {
      b = fresh();
    }
    if (++read > MAX_EVENT) {
      throw new TooLargeException();
    }
    return b;
  }

  private int fresh() throws IOException {
    if (at == end) {
      at = 0;
      end = in.read(buffer);
      if (end <= 0) {
        end = 0;
        return -1;
      }
    }
    return buffer[at++] & 0xff;
  }

  private String text(int length) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line, 0, length)).toString();
  }
}
