// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * Standard base64 (RFC 4648 section 4) in its one canonical spelling.
 *
 * <p>The JDK's decoder takes text without padding and with stray bits in the last digit, so that one
 * signature would have many spellings; encoding again and comparing refuses all of them.
 */
final class StrictBase64 {
  private StrictBase64() {}

  /** The bytes that {@code text} spells, or empty where it is not canonical base64. */
  static Optional<byte[]> decode(byte[] text) {
    byte[] decoded;
    try {
      decoded = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    return Arrays.equals(Base64.getEncoder().encode(decoded), text)
        ? Optional.of(decoded)
        : Optional.empty();
  }

  /** The hash that {@code text} spells, or empty where it is not canonical base64 of 32 bytes. */
  static Optional<Hash> decodeHash(byte[] text) {
    return decode(text).filter(bytes -> bytes.length == Hash.BYTES).map(Hash::of);
  }

  static String encode(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
