// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.time.Instant;

/** A Relying Party's durable memory: the one judge of how often an artifact was used. */
@FunctionalInterface
public interface Seen {
  /**
   * For whoever looks at an artifact and lets nothing run, such as an auditor: no use is recorded, and
   * the check of uses is listed as not asked.
   */
  Seen NOTHING_IS_USED = (jti, maxUses, keepUntil) -> UseOutcome.NOT_ASKED;

  /** What became of a use. */
  enum UseOutcome {
    /** It is durably recorded, and within the limit. */
    RECORDED,
    /** The artifact was used {@code maxUses} times before. */
    EXHAUSTED,
    /** The memory cannot be written: nothing may run. */
    UNAVAILABLE,
    /** Nothing is being used. */
    NOT_ASKED
  }

  /**
   * Records one more use, durably before it returns, if there are fewer than {@code maxUses}. Of two
   * simultaneous calls for the last use exactly one is told {@link UseOutcome#RECORDED}.
   *
   * @param jti the artifact
   * @param maxUses how often it may be used, at least 1
   * @param keepUntil from when the record may be forgotten, because the artifact has expired
   */
  UseOutcome recordUse(UuidV7 jti, int maxUses, Instant keepUntil);
}
