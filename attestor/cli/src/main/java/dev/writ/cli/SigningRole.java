// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.KeyRole;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the role of a key that can be rotated. */
final class SigningRole implements ITypeConverter<KeyRole> {
  @Override
  public KeyRole convert(String text) {
    return switch (text) {
      case "issuer" -> KeyRole.ISSUER;
      case "status" -> KeyRole.STATUS;
      default ->
          throw new TypeConversionException(
              "must be issuer or status, whose keys are rotated, was " + text);
    };
  }
}
