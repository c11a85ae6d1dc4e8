// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyRole;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeyInventory;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * When a key of the service may sign: what the ledger holds the service to, and what trust files tell
 * verifiers.
 *
 * @param notBefore its first moment, whole seconds
 * @param notAfter the first moment after it, whole seconds
 */
record KeyWindow(Instant notBefore, Instant notAfter) {
  /**
   * From a key's birth, which its certificate says, for as long as the inventory has a key of {@code role};
   * where it does not say, as its certificate does. The key's own role is for others to judge.
   */
  static KeyWindow of(KeyRole role, HsmKey key) {
    Optional<Duration> validity = KeyInventory.standard().cryptoperiod(inToken(role)).validity();
    Instant birth = key.certificate().getNotBefore().toInstant();
    return new KeyWindow(
        birth, validity.map(birth::plus).orElse(key.certificate().getNotAfter().toInstant()));
  }

  /** The token's name of a role that trust files know. */
  static dev.writ.hsm.KeyRole inToken(KeyRole role) {
    return switch (role) {
      case ISSUER -> dev.writ.hsm.KeyRole.ISSUER;
      case STATUS -> dev.writ.hsm.KeyRole.STATUS;
      case CHECKPOINT -> dev.writ.hsm.KeyRole.CHECKPOINT;
      case TLS -> dev.writ.hsm.KeyRole.TLS;
      case ATTESTATION -> dev.writ.hsm.KeyRole.ATTESTATION;
    };
  }
}
