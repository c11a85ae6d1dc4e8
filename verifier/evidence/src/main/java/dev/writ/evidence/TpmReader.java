// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Arrays;
import java.util.Locale;

/**
 * Reads TPM wire structures: big-endian, packed, bounded by the bytes at hand.
 *
 * <p>Each method names the field it reads, so that a refusal says which one. {@link #end} closes a
 * structure: what is left over is malformed.
 */
final class TpmReader {
  private final byte[] bytes;
  private int position;

  TpmReader(byte[] bytes) {
    this.bytes = bytes;
  }

  /** What stands behind the size of a TPM2B that fills {@code bytes}. */
  static byte[] contentOfTpm2b(byte[] bytes, String field, int maxLength)
      throws MalformedEvidenceException {
    TpmReader in = new TpmReader(bytes);
    Octets content = in.tpm2b(field, maxLength);
    in.end(field);
    return content.bytes();
  }

  int position() {
    return position;
  }

  int u8(String field) throws MalformedEvidenceException {
    return bytes[take(field, 1)] & 0xff;
  }

  int u16(String field) throws MalformedEvidenceException {
    int at = take(field, 2);
    return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
  }

  /** An unsigned 32-bit number. */
  long u32(String field) throws MalformedEvidenceException {
    int at = take(field, 4);
    return (bytes[at] & 0xffL) << 24
        | (bytes[at + 1] & 0xffL) << 16
        | (bytes[at + 2] & 0xffL) << 8
        | (bytes[at + 3] & 0xffL);
  }

  /** An unsigned 64-bit number in the bits of a {@code long}. */
  long u64(String field) throws MalformedEvidenceException {
    long high = u32(field);
    return high << 32 | u32(field);
  }

  /** TPMI_YES_NO. */
  boolean yesNo(String field) throws MalformedEvidenceException {
    int at = position;
    int value = u8(field);
    if (value > 1) {
      throw malformed(field, at, "0 or 1", Integer.toString(value));
    }
    return value == 1;
  }

  Octets octets(String field, int length) throws MalformedEvidenceException {
    int at = take(field, length);
    return Octets.copyOfRange(bytes, at, at + length);
  }

  /** A TPM2B: u16 size and that many bytes, at most {@code maxLength}. */
  Octets tpm2b(String field, int maxLength) throws MalformedEvidenceException {
    int at = position;
    int size = u16(field + ".size");
    if (size > maxLength) {
      throw malformed(field + ".size", at, "at most " + maxLength, Integer.toString(size));
    }
    return octets(field, size);
  }

  TpmAlg hash(String field) throws MalformedEvidenceException {
    int at = position;
    int id = u16(field);
    return TpmAlg.ofId(id)
        .filter(TpmAlg::isHash)
        .orElseThrow(() -> malformed(field, at, "a known hash algorithm", hex16(id)));
  }

  /** One of {@code allowed}. */
  TpmAlg oneOf(String field, TpmAlg... allowed) throws MalformedEvidenceException {
    int at = position;
    int id = u16(field);
    for (TpmAlg alg : allowed) {
      if (alg.id() == id) {
        return alg;
      }
    }
    throw malformed(field, at, "one of " + Arrays.toString(allowed), hex16(id));
  }

  void end(String structure) throws MalformedEvidenceException {
    int left = bytes.length - position;
    if (left != 0) {
      throw malformed(structure, position, "at its end", "followed by " + left + " more bytes");
    }
  }

  MalformedEvidenceException malformed(String field, int at, String expected, String actual) {
    return new MalformedEvidenceException(field, at, expected, actual);
  }

  static String hex16(int value) {
    return String.format(Locale.ROOT, "0x%04x", value);
  }

  static String hex32(long value) {
    return String.format(Locale.ROOT, "0x%08x", value);
  }

  private int take(String field, int length) throws MalformedEvidenceException {
    int left = bytes.length - position;
    if (length > left) {
      throw malformed(field, position, length + " bytes", "cut off after " + left);
    }
    int at = position;
    position += length;
    return at;
  }
}
