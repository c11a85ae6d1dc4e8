// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.time.Instant;
import java.util.List;

/**
 * A checkpoint that a log key of the policy signed and that its quorum of witnesses cosigned. Only
 * {@link LogPolicy#verifyCheckpoint} makes one.
 */
public final class TrustedCheckpoint implements CheckpointOutcome {
  /**
   * A witness's word that at {@code time} this was the largest tree it had seen of the log.
   *
   * @param witness the key that cosigned
   * @param time as the witness says; no rule here looks at it
   */
  public record Cosignature(NoteKey witness, Instant time) {}

  private final Checkpoint checkpoint;
  private final List<NoteKey> logKeys;
  private final List<Cosignature> cosignatures;

  TrustedCheckpoint(Checkpoint checkpoint, List<NoteKey> logKeys, List<Cosignature> cosignatures) {
    this.checkpoint = checkpoint;
    this.logKeys = List.copyOf(logKeys);
    this.cosignatures = List.copyOf(cosignatures);
  }

  /** The checkpoint. */
  public Checkpoint checkpoint() {
    return checkpoint;
  }

  /** The log keys of the policy that signed it; at least one. */
  public List<NoteKey> logKeys() {
    return logKeys;
  }

  /** The cosignatures of the policy's witnesses, as many as verified. */
  public List<Cosignature> cosignatures() {
    return cosignatures;
  }

  @Override
  public String toString() {
    return checkpoint + " signed by " + logKeys + ", cosigned by " + cosignatures;
  }
}
