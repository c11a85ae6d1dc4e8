// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.PushedRevocation;
import dev.writ.artifact.PushedRevocations;
import dev.writ.artifact.Redemption;
import dev.writ.artifact.Seen;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.UuidV7;
import java.time.Instant;
import java.util.Optional;

/** For whoever looks and lets nothing run, but has a status token of its own to judge by. */
final class TokensOnly implements Seen {
  private final Seen tokens = new SeenInMemory();

  @Override
  public UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil) {
    return UseOutcome.NOT_ASKED;
  }

  @Override
  public Redemption redeem(Artifact artifact) {
    return Redemption.notFromHere();
  }

  @Override
  public StatusOutcome recordStatus(StatusToken token) {
    return tokens.recordStatus(token);
  }

  @Override
  public Optional<StatusToken> newestStatus(String listUri) {
    return tokens.newestStatus(listUri);
  }

  @Override
  public Optional<StatusToken> newestGovernance(String statusUri) {
    return tokens.newestGovernance(statusUri);
  }

  @Override
  public StatusOutcome recordRevocation(PushedRevocation revocation, Instant logTime) {
    return StatusOutcome.NOT_ASKED;
  }

  @Override
  public PushedRevocations revocations() {
    return PushedRevocations.NONE;
  }
}
