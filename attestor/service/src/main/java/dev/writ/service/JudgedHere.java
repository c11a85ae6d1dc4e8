// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

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

/**
 * What the service knows when it judges a bundle: its own newest token of the artifact's list. Uses are taken
 * in the ledger, once all else holds.
 */
final class JudgedHere implements Seen {
  private final SeenInMemory tokens = new SeenInMemory();

  JudgedHere(Optional<StatusToken> newest) {
    newest.ifPresent(
        token -> {
          StatusOutcome unused = tokens.recordStatus(token);
        });
  }

  @Override
  public UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil) {
    return UseOutcome.UNAVAILABLE;
  }

  @Override
  public Redemption redeem(Artifact artifact) {
    return new Redemption.NotAsked();
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
  public StatusOutcome recordRevocation(PushedRevocation revocation, Instant now) {
    return StatusOutcome.NOT_ASKED;
  }

  @Override
  public PushedRevocations revocations() {
    return PushedRevocations.NONE;
  }
}
