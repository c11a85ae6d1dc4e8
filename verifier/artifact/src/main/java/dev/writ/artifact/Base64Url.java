// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Base64url without padding (RFC 4648 section 5, RFC 7515 section 2), one spelling per value: the bits
 * of the last character that carry no data are zero (RFC 4648 section 3.5).
 */
final class Base64Url {
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  private Base64Url() {}

  static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** The bytes, or null where {@code text} is not the one spelling of any bytes. */
  static byte @Nullable [] decode(String text) {
    int surplus = text.length() % 4;
    if (surplus == 1) {
      return null;
    }
    if (surplus != 0) {
      int last = ALPHABET.indexOf(text.charAt(text.length() - 1));
      int unused = surplus == 2 ? 0b1111 : 0b11;
      if (last < 0 || (last & unused) != 0) {
        return null;
      }
    } else if (text.endsWith("=")) {
      return null;
    }
    try {
      return Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
