// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/**
 * Bytes from outside do not have the form that their format demands.
 *
 * <p>One subclass per format; this type carries what all of them say: the field, what it must be,
 * what it was, and where in the input it starts.
 */
public abstract sealed class MalformedTlogException extends Exception
    permits MalformedAddCheckpointException,
        MalformedCheckpointException,
        MalformedEntryBundleException,
        MalformedLogPolicyException,
        MalformedNoteException,
        MalformedNoteKeyException,
        MalformedProofException,
        MalformedTileException,
        MalformedTilePathException,
        MalformedWitnessAnswerException {
  /** Longest piece of input that a message repeats, in bytes. */
  private static final int QUOTED_BYTES = 48;

  private final String message;
  private final String field;
  private final String mustBe;
  private final String was;
  private final int offset;

  MalformedTlogException(String format, String field, String mustBe, String was, int offset) {
    this.message =
        format
            + ": "
            + field
            + " must be "
            + mustBe
            + ", was "
            + was
            + (offset < 0 ? "" : ", at byte " + offset);
    this.field = field;
    this.mustBe = mustBe;
    this.was = was;
    this.offset = offset;
  }

  @Override
  public final String getMessage() {
    return message;
  }

  /** Which part of the format is wrong. */
  public final String field() {
    return field;
  }

  /** What the format demands there. */
  public final String mustBe() {
    return mustBe;
  }

  /** What stood there, quoted and shortened. */
  public final String was() {
    return was;
  }

  /** Where the field starts, in bytes from the start of the input; empty where that says nothing. */
  public final OptionalInt offset() {
    return offset < 0 ? OptionalInt.empty() : OptionalInt.of(offset);
  }

  /** {@code value} in quotes, with whatever is not printable ASCII escaped, and shortened. */
  static String quote(String value) {
    return quote(value.getBytes(StandardCharsets.UTF_8));
  }

  /** As {@link #quote(String)}, over bytes that need not be UTF-8. */
  static String quote(byte[] value) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < Math.min(value.length, QUOTED_BYTES); i++) {
      int b = value[i] & 0xff;
      if (b < 0x20 || b > 0x7e || b == '"' || b == '\\') {
        quoted.append(String.format("\\x%02x", b));
      } else {
        quoted.append((char) b);
      }
    }
    quoted.append('"');
    if (value.length > QUOTED_BYTES) {
      quoted.append("… (").append(value.length).append(" bytes)");
    }
    return quoted.toString();
  }
}
