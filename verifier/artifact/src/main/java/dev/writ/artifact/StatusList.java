// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * A status list of one bit to an entry (draft-ietf-oauth-status-list section 4): bit {@code idx % 8},
 * counted from the least significant, of byte {@code idx / 8} says whether entry {@code idx} is
 * withdrawn. On the wire it is compressed (zlib, RFC 1950).
 */
public final class StatusList {
  /** Most entries: 2^17, which are 16 KiB. */
  public static final int MAX_SIZE = StatusReference.MAX_LIST;

  private static final int MAX_BYTES = MAX_SIZE / 8;

  /** 16 KiB that do not compress, stored in blocks with their headers, and some to spare. */
  private static final int MAX_COMPRESSED = MAX_BYTES + 1024;

  private static final int MAX_LST = (MAX_COMPRESSED * 4 + 2) / 3;

  private final byte[] bytes;

  private StatusList(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * A list.
   *
   * @param size how many entries it has: a multiple of 8, at most {@link #MAX_SIZE}
   * @param revoked the entries that are withdrawn
   * @throws IllegalArgumentException if the size is none, or an entry is past it
   */
  public static StatusList of(int size, BitSet revoked) {
    Require.between("status_list.size", size, 8, MAX_SIZE);
    if (size % 8 != 0) {
      throw new InvalidValueException("status_list.size", "a multiple of 8", size + "");
    }
    if (revoked.length() > size) {
      throw new InvalidValueException(
          "status_list", "of entries below " + size, "one at " + (revoked.length() - 1));
    }
    // BitSet's bytes are little-endian with the least significant bit first, as the list's are.
    return new StatusList(Arrays.copyOf(revoked.toByteArray(), size / 8));
  }

  /** How many entries it has. */
  public int size() {
    return bytes.length * 8;
  }

  /** Whether it says anything of entry {@code idx}. */
  public boolean covers(int idx) {
    return idx >= 0 && idx < size();
  }

  /**
   * Whether entry {@code idx} is withdrawn.
   *
   * @throws IllegalArgumentException if the list does not {@linkplain #covers cover} it
   */
  public boolean isRevoked(int idx) {
    Require.between("idx", idx, 0, size() - 1);
    return (bytes[idx / 8] >> (idx % 8) & 1) == 1;
  }

  /** {@code bits} and {@code lst}. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("bits", 1);
    map.put("lst", Base64Url.encode(deflate(bytes)));
    return map;
  }

  static StatusList take(JsonMembers json) throws MalformedJsonException {
    if (json.integer("bits", 1, 8) != 1) {
      throw new MalformedJsonException(json.pathOf("bits"), "1", "more");
    }
    String lst = json.text("lst");
    byte[] compressed = lst.length() > MAX_LST ? null : Base64Url.decode(lst);
    if (compressed == null) {
      throw new MalformedJsonException(
          json.pathOf("lst"),
          "base64url without padding, of at most " + MAX_COMPRESSED + " bytes",
          "not that");
    }
    json.end();
    return new StatusList(inflate(json.pathOf("lst"), compressed));
  }

  private static byte[] deflate(byte[] bytes) {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
    try {
      deflater.setInput(bytes);
      deflater.finish();
      byte[] out = new byte[MAX_COMPRESSED];
      int length = deflater.deflate(out);
      if (!deflater.finished()) {
        throw new IllegalStateException("bug: zlib needs more room than stored blocks do");
      }
      return Arrays.copyOf(out, length);
    } finally {
      deflater.end();
    }
  }

  /** All of {@code compressed} and nothing after it, to at most {@link #MAX_BYTES}. */
  private static byte[] inflate(String field, byte[] compressed) throws MalformedJsonException {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(compressed);
      // One byte more than there may be: a longer list shows by filling it.
      byte[] out = new byte[MAX_BYTES + 1];
      int length = inflater.inflate(out);
      if (length > MAX_BYTES) {
        throw new MalformedJsonException(
            field, "a list of at most " + MAX_SIZE + " entries", "more");
      }
      // A stream that fills nothing more may still have its check sum to read.
      if (!inflater.finished() && inflater.inflate(out, length, out.length - length) > 0) {
        throw new MalformedJsonException(field, "one zlib stream", "one that goes on");
      }
      if (!inflater.finished() || inflater.getRemaining() != 0 || length == 0) {
        throw new MalformedJsonException(
            field,
            "one whole zlib stream of at least one byte",
            length + " bytes, " + inflater.getRemaining() + " after it");
      }
      return Arrays.copyOf(out, length);
    } catch (DataFormatException e) {
      throw new MalformedJsonException(field, "a zlib stream", "not that");
    } finally {
      inflater.end();
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof StatusList that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "status list of " + size() + ", " + BitSet.valueOf(bytes).cardinality() + " withdrawn";
  }
}
