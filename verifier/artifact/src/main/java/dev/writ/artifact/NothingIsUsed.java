// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.time.Instant;
import java.util.Optional;

/** {@link Seen#NOTHING_IS_USED}. */
final class NothingIsUsed implements Seen {
  @Override
  public UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil) {
    return UseOutcome.NOT_ASKED;
  }

  @Override
  public Redemption redeem(Artifact artifact) {
    return new Redemption.NotAsked();
  }

  @Override
  public StatusOutcome recordStatus(StatusToken token) {
    return StatusOutcome.NOT_ASKED;
  }

  @Override
  public Optional<StatusToken> newestStatus(String listUri) {
    return Optional.empty();
  }

  @Override
  public Optional<StatusToken> newestGovernance(String statusUri) {
    return Optional.empty();
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
