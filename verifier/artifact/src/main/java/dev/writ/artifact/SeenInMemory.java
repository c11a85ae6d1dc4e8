// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A Relying Party's memory that lasts as long as its process. A gateway whose process may end before
 * the artifacts that it accepts needs one on disk. It forgets no use. Safe for use by any number of
 * threads.
 */
public final class SeenInMemory implements Seen {
  private final Map<UuidV7, Integer> uses = new HashMap<>();
  private final Map<String, StatusToken> tokens = new HashMap<>();

  private PushedRevocations revocations = PushedRevocations.NONE;

  @Override
  public synchronized UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil) {
    int before = uses.getOrDefault(jti, 0);
    if (before >= maxUses) {
      return UseOutcome.EXHAUSTED;
    }
    uses.put(jti, before + 1);
    return UseOutcome.RECORDED;
  }

  @Override
  public Redemption redeem(Artifact artifact) {
    return Redemption.notFromHere();
  }

  @Override
  public synchronized StatusOutcome recordStatus(StatusToken token) {
    tokens.merge(
        token.claims().listUri(), token, (held, other) -> other.isLaterThan(held) ? other : held);
    return StatusOutcome.KEPT;
  }

  @Override
  public synchronized Optional<StatusToken> newestStatus(String listUri) {
    return Optional.ofNullable(tokens.get(listUri));
  }

  @Override
  public synchronized Optional<StatusToken> newestGovernance(String statusUri) {
    return tokens.values().stream()
        .filter(token -> StatusReference.isListUri(statusUri, token.claims().listUri()))
        .reduce((one, other) -> other.isLaterThan(one) ? other : one);
  }

  @Override
  public synchronized StatusOutcome recordRevocation(PushedRevocation revocation, Instant logTime) {
    revocations = revocations.with(revocation, logTime);
    return StatusOutcome.KEPT;
  }

  @Override
  public synchronized PushedRevocations revocations() {
    return revocations;
  }
}
