// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

/** The audience of an execution on a host: {@code exec:} and the host's AK name in base64url. */
public final class ExecAudience {
  static final String PREFIX = "exec:";

  private ExecAudience() {}

  /** What stands in {@code aud} for an execution on the host with this attestation key. */
  public static String of(AkName akName) {
    return PREFIX + akName.base64Url();
  }

  /**
   * Whether {@code audience} says that it is one, by how it begins; what follows may be no name of an
   * attestation key, and then no host honours it.
   */
  public static boolean isMeant(String audience) {
    return audience.startsWith(PREFIX);
  }

  static boolean isWellFormed(String audience) {
    if (!isMeant(audience)) {
      return false;
    }
    try {
      return !new AkName(audience.substring(PREFIX.length())).base64Url().isEmpty();
    } catch (InvalidValueException e) {
      return false;
    }
  }
}
