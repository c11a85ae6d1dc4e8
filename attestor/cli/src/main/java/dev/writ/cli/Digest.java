// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Hash;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** An operation's name on the command line. */
final class Digest implements ITypeConverter<Hash> {
  @Override
  public Hash convert(String text) {
    try {
      return Hash.fromHex(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(
          "must be an operation's digest, 64 hex digits, as writ keys operations shows it, was "
              + text);
    }
  }
}
