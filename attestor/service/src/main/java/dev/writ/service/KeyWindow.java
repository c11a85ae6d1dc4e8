// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyRole;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeyInventory;
import java.time.Duration;
import java.time.Instant;

/**
 * When a key of the service may sign: what the ledger holds the service to, and, of an issuer or status
 * key, what the first trust file tells verifiers.
 *
 * @param notBefore its first moment, whole seconds
 * @param notAfter the first moment after it, whole seconds
 */
record KeyWindow(Instant notBefore, Instant notAfter) {
  /**
   * From an issuer or status key's birth, which its certificate says, for as long as the inventory has a
   * key of {@code role}. The key's own role is for others to judge.
   */
  static KeyWindow of(KeyRole role, HsmKey key) {
    Duration validity =
        KeyInventory.standard()
            .cryptoperiod(inToken(role))
            .validity()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "bug: the inventory must say when a key ends: " + role));
    Instant birth = key.certificate().getNotBefore().toInstant();
    return new KeyWindow(birth, birth.plus(validity));
  }

  /** The token's name of a role that trust files know. */
  static dev.writ.hsm.KeyRole inToken(KeyRole role) {
    return switch (role) {
      case ISSUER -> dev.writ.hsm.KeyRole.ISSUER;
      case STATUS -> dev.writ.hsm.KeyRole.STATUS;
      case CHECKPOINT -> dev.writ.hsm.KeyRole.CHECKPOINT;
    };
  }

  /** The certificate's validity: the checkpoint key lasts as long as its ledger. */
  static KeyWindow ofCheckpoint(HsmKey key) {
    return new KeyWindow(
        key.certificate().getNotBefore().toInstant(), key.certificate().getNotAfter().toInstant());
  }
}
