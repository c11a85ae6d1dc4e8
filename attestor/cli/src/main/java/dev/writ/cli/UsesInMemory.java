// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Seen;
import dev.writ.artifact.UuidV7;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * The uses that the demo's gateway has seen, for as long as its process lives. A gateway whose process
 * may end before the artifacts that it accepts needs a memory on disk.
 */
final class UsesInMemory implements Seen {
  private final Map<UuidV7, Integer> uses = new HashMap<>();

  @Override
  public synchronized UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil) {
    int before = uses.getOrDefault(jti, 0);
    if (before >= maxUses) {
      return UseOutcome.EXHAUSTED;
    }
    uses.put(jti, before + 1);
    return UseOutcome.RECORDED;
  }
}
