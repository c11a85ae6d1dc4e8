// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.KeyRole;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the role of a key that can be rotated. */
final class SigningRole implements ITypeConverter<KeyRole> {
  static final String ROLES = "issuer, status, checkpoint, tls or attestation";

  @Override
  public KeyRole convert(String text) {
    List<KeyRole> named =
        Arrays.stream(KeyRole.values()).filter(role -> role.wire().equals(text)).toList();
    if (named.isEmpty()) {
      throw new TypeConversionException(
          "must be " + ROLES + ", whose keys are rotated, was " + text);
    }
    return named.get(0);
  }
}
