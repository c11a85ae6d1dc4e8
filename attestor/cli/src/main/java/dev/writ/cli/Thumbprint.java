// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Hash;
import java.util.Base64;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A key's RFC 7638 thumbprint as people see it: base64url without padding, 43 characters. */
final class Thumbprint implements ITypeConverter<Hash> {
  private static final int CHARS = 43;

  static String text(Hash kid) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(kid.bytes());
  }

  @Override
  public Hash convert(String text) {
    try {
      if (text.length() == CHARS) {
        Hash kid = Hash.of(Base64.getUrlDecoder().decode(text));
        if (text(kid).equals(text)) {
          return kid;
        }
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw new TypeConversionException(
        "must be a key's thumbprint, 43 characters of base64url, as writ keys list shows it, was "
            + text);
  }
}
