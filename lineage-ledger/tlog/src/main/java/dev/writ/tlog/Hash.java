// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Objects;

/**
 * A SHA-256 digest: 32 bytes, never changed after construction.
 *
 * <p>Equality is of the bytes and not in constant time: a digest is public. Secrets are never held in
 * this type.
 */
public final class Hash implements Comparable<Hash> {
  /** Length of a SHA-256 digest in bytes. */
  public static final int BYTES = 32;

  /** One digest engine per thread: making one costs about as much as hashing two nodes. */
  private static final ThreadLocal<MessageDigest> SHA256 = ThreadLocal.withInitial(Hash::newSha256);

  private final byte[] bytes;

  private Hash(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * The digest with these bytes.
   *
   * @param bytes exactly 32 bytes, copied
   * @throws IllegalArgumentException if the length is another
   */
  public static Hash of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException(
          "a SHA-256 digest must be 32 bytes, was " + bytes.length + " bytes");
    }
    return new Hash(bytes.clone());
  }

  /**
   * The digest that stands in {@code source} from {@code offset} on.
   *
   * @throws IndexOutOfBoundsException unless 32 bytes follow {@code offset}
   */
  public static Hash copyOf(byte[] source, int offset) {
    Objects.checkFromIndexSize(offset, BYTES, source.length);
    return new Hash(Arrays.copyOfRange(source, offset, offset + BYTES));
  }

  /** What {@code digest} has been fed, finished; {@code digest} is a SHA-256 engine. */
  static Hash finish(MessageDigest digest) {
    return new Hash(digest.digest());
  }

  /**
   * The digest that {@code hex} spells.
   *
   * @param hex exactly 64 lower-case hexadecimal digits
   * @throws IllegalArgumentException if it is anything else; upper case is refused so that a digest
   *     has one spelling
   */
  public static Hash fromHex(String hex) {
    if (hex.length() != 2 * BYTES || !hex.chars().allMatch(Hash::isLowerHex)) {
      throw new IllegalArgumentException("a SHA-256 digest must be 64 lower-case hex digits");
    }
    return new Hash(HexFormat.of().parseHex(hex));
  }

  /** SHA-256 over the concatenation of {@code parts}. */
  public static Hash sha256(byte[]... parts) {
    MessageDigest digest = engine();
    for (byte[] part : parts) {
      digest.update(part);
    }
    return finish(digest);
  }

  /** This thread's SHA-256 engine, reset; whoever takes it finishes before anything else does. */
  static MessageDigest engine() {
    MessageDigest digest = SHA256.get();
    digest.reset();
    return digest;
  }

  private static boolean isLowerHex(int c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256; this one has not", e);
    }
  }

  /** A copy of the 32 bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /**
   * Writes the 32 bytes to {@code target} from {@code offset} on.
   *
   * @throws IndexOutOfBoundsException unless there is room for 32 bytes
   */
  public void copyTo(byte[] target, int offset) {
    Objects.checkFromIndexSize(offset, BYTES, target.length);
    System.arraycopy(bytes, 0, target, offset, BYTES);
  }

  void update(MessageDigest digest) {
    digest.update(bytes);
  }

  /** 64 lower-case hexadecimal digits. */
  public String hex() {
    return HexFormat.of().formatHex(bytes);
  }

  /** Standard base64 with padding, as C2SP texts write a hash. */
  public String base64() {
    return Base64.getEncoder().encodeToString(bytes);
  }

  @Override
  public int compareTo(Hash other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Hash that && Arrays.equals(bytes, that.bytes);
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
