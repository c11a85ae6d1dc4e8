// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/** A Relying Party's memory that lasts as long as a test. */
final class OneUse implements Seen {
  final Map<UuidV7, Integer> uses = new HashMap<>();

  @Override
  public UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil) {
    if (uses.getOrDefault(jti, 0) >= maxUses) {
      return UseOutcome.EXHAUSTED;
    }
    uses.merge(jti, 1, Integer::sum);
    return UseOutcome.RECORDED;
  }
}
