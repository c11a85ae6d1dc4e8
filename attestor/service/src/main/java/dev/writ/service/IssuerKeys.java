// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.JwkThumbprint;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeyInventory;
import dev.writ.hsm.KeyRole;
import dev.writ.hsm.Token;
import dev.writ.tlog.Hash;

/**
 * The service's keys in its token, each for one role.
 *
 * @param issuer signs artifacts
 * @param checkpoint signs the ledger's checkpoints
 */
public record IssuerKeys(HsmKey issuer, HsmKey checkpoint) {
  /**
   * Finds and checks the keys of {@code inventory}.
   *
   * @throws HsmException if one is missing or could leave the token
   */
  public static IssuerKeys open(Token token, KeyInventory inventory) throws HsmException {
    return new IssuerKeys(
        token.key(inventory.spec(KeyRole.ISSUER)), token.key(inventory.spec(KeyRole.CHECKPOINT)));
  }

  /** The {@code kid} of artifacts: RFC 7638 thumbprint of the issuer's key. */
  public Hash issuerKid() {
    return JwkThumbprint.of(issuer.publicKey());
  }

  /** RFC 7638 thumbprint of the checkpoint key. */
  public Hash checkpointKid() {
    return JwkThumbprint.of(checkpoint.publicKey());
  }
}
