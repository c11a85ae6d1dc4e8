// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.BorrowedMemory;
import dev.writ.artifact.Redemption;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.UuidV7;
import java.time.Instant;

/** For whoever looks and lets nothing run, but has a status token of its own to judge by. */
final class TokensOnly extends BorrowedMemory {
  TokensOnly() {
    super(new SeenInMemory());
  }

  @Override
  public UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil) {
    return UseOutcome.NOT_ASKED;
  }

  @Override
  public Redemption redeem(Artifact artifact) {
    return Redemption.notFromHere();
  }
}
