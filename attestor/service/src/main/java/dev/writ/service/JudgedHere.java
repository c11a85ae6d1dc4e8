// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.BorrowedMemory;
import dev.writ.artifact.Redemption;
import dev.writ.artifact.Seen;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.UuidV7;
import java.time.Instant;
import java.util.Optional;

/**
 * What the service knows when it judges a bundle: its own newest token of the artifact's list. Uses are taken
 * in the ledger, once all else holds.
 */
final class JudgedHere extends BorrowedMemory {
  JudgedHere(Optional<StatusToken> newest) {
    super(knowing(newest));
  }

  private static Seen knowing(Optional<StatusToken> newest) {
    Seen tokens = new SeenInMemory();
    newest.ifPresent(
        token -> {
          StatusOutcome unused = tokens.recordStatus(token);
        });
    return tokens;
  }

  @Override
  public UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil) {
    return UseOutcome.UNAVAILABLE;
  }

  @Override
  public Redemption redeem(Artifact artifact) {
    return new Redemption.NotAsked();
  }
}
