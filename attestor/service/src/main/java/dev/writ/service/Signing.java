// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Artifact;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.KeySpec;
import java.util.Locale;

/** What became of an artifact that was to be signed. */
sealed interface Signing {
  /**
   * It is signed.
   *
   * @param key by which key
   */
  record Signed(Artifact artifact, KeySpec key) implements Signing {}

  /** The token did not sign. */
  record Failed(HsmException cause) implements Signing {
    /** By the module's own code where it gave one. */
    Denial denial() {
      return Denial.unavailable(
          cause.ckrName().orElse(cause.fault().name()).toLowerCase(Locale.ROOT),
          String.valueOf(cause.getMessage()));
    }
  }
}
