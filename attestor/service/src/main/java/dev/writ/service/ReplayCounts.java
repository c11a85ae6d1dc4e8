// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.service.Replayed.Standing;
import dev.writ.tlog.Hash;
import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.Map;

/** How replays came out. Used by one thread. */
public final class ReplayCounts {
  private final Map<Standing, Long> counts = new EnumMap<>(Standing.class);
  private Hash came = Hash.sha256(new byte[0]);

  /** Counts one; they come in the order of their leaves. */
  public void add(Replayed replayed) {
    counts.merge(replayed.standing(), 1L, Long::sum);
    byte[] place = ByteBuffer.allocate(Long.BYTES).putLong(replayed.index()).array();
    came = Hash.sha256(came.bytes(), place, replayed.came().bytes());
  }

  /** How many came out so. */
  public long of(Standing standing) {
    return counts.getOrDefault(standing, 0L);
  }

  /** How many there were. */
  public long all() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Over all that was made anew, in order: on every platform the same. */
  public Hash came() {
    return came;
  }
}
