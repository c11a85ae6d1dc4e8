// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import com.google.errorprone.annotations.CanIgnoreReturnValue;

/**
 * Reads structures of UEFI and of the TCG event log in place: little-endian, packed, bounded by a
 * range of bytes that is not copied.
 *
 * <p>Offsets in refusals are those of the whole array. {@link #end} closes a structure: what is left
 * over is malformed.
 */
final class UefiReader {
  private final byte[] bytes;
  private final int limit;
  private int position;

  UefiReader(byte[] bytes, int from, int length) {
    this.bytes = bytes;
    this.position = from;
    this.limit = from + length;
  }

  static int u16At(byte[] bytes, int at) {
    return (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8;
  }

  int position() {
    return position;
  }

  int remaining() {
    return limit - position;
  }

  int u8(String field) throws MalformedEvidenceException {
    return bytes[skip(field, 1)] & 0xff;
  }

  int u16(String field) throws MalformedEvidenceException {
    return u16At(bytes, skip(field, 2));
  }

  /** An unsigned 32-bit number. */
  long u32(String field) throws MalformedEvidenceException {
    int at = skip(field, 4);
    return u16At(bytes, at) | (long) u16At(bytes, at + 2) << 16;
  }

  /** A length of 64 bits, of which no more than {@code max} may be used. */
  int u64Length(String field, int max) throws MalformedEvidenceException {
    int at = position;
    long low = u32(field);
    long high = u32(field);
    if (high != 0 || low > max) {
      throw malformed(field, at, "at most " + max, Long.toUnsignedString(high << 32 | low));
    }
    return (int) low;
  }

  /** Passes over {@code length} bytes; returns where they start. */
  @CanIgnoreReturnValue
  int skip(String field, int length) throws MalformedEvidenceException {
    if (length > limit - position) {
      throw malformed(field, position, length + " bytes", "cut off after " + (limit - position));
    }
    int at = position;
    position += length;
    return at;
  }

  void end(String structure) throws MalformedEvidenceException {
    if (position != limit) {
      throw malformed(
          structure, position, "at its end", "followed by " + (limit - position) + " more bytes");
    }
  }

  MalformedEvidenceException malformed(String field, int at, String expected, String actual) {
    return new MalformedEvidenceException(field, at, expected, actual);
  }
}
