// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.ArtifactClaims;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.UuidV7;
import java.util.Optional;

/**
 * An execution that goes on under another artifact.
 *
 * @param claims of the artifact that was shown, which holds
 * @param first jti of the artifact that the execution began with
 * @param beganIndex where the decision that allowed that is in the ledger
 * @param began that decision
 */
record Renewal(ArtifactClaims claims, UuidV7 first, long beganIndex, Leaf began) {
  private static final String OF_A_HOST = "host:";

  UuidV7 execution() {
    return claims.lineage().execution();
  }

  /** Who set the execution in motion, where somebody was shown to have. */
  Optional<String> initiator() {
    return Optional.of(claims.gov().initiator()).filter(name -> !name.startsWith(OF_A_HOST));
  }
}
