// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import com.google.errorprone.annotations.Immutable;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Bytes that never change, compared by content.
 *
 * <p>Not for secrets: {@link #toString} shows them.
 */
@Immutable
public final class Octets {
  /** No bytes. */
  public static final Octets EMPTY = new Octets(new byte[0]);

  @SuppressWarnings("Immutable") // never written after construction, never handed out
  private final byte[] bytes;

  private Octets(byte[] bytes) {
    this.bytes = bytes;
  }

  /** A copy of {@code bytes}. */
  public static Octets of(byte[] bytes) {
    return new Octets(bytes.clone());
  }

  /** The bytes that {@code hex} spells, in digits of either case. */
  public static Octets fromHex(String hex) {
    return new Octets(HexFormat.of().parseHex(hex));
  }

  static Octets copyOfRange(byte[] bytes, int from, int to) {
    return new Octets(Arrays.copyOfRange(bytes, from, to));
  }

  /** Number of bytes. */
  public int length() {
    return bytes.length;
  }

  /** A copy of the bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** Lower-case hexadecimal digits. */
  public String hex() {
    return HexFormat.of().formatHex(bytes);
  }

  /** The bytes as an unsigned big-endian number; no bytes are zero. */
  public BigInteger unsigned() {
    return new BigInteger(1, bytes);
  }

  /** Whether every byte is {@code value}; true of no bytes. */
  public boolean isFilledWith(byte value) {
    for (byte b : bytes) {
      if (b != value) {
        return false;
      }
    }
    return true;
  }

  /** Equality in time that does not depend on where the bytes differ. */
  boolean equalsInConstantTime(byte[] other) {
    return MessageDigest.isEqual(bytes, other);
  }

  void update(MessageDigest digest) {
    digest.update(bytes);
  }

  void writeTo(TpmWriter out) {
    out.bytes(bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Octets that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return hex();
  }
}
