// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.SignedNote;
import java.time.Instant;

/**
 * Says which checkpoints of a log a trust file believes, as the verifier of a bundle does: for who reads
 * the log itself.
 */
public final class CheckpointVerifier {
  private final Beliefs beliefs;

  private CheckpointVerifier(Beliefs beliefs) {
    this.beliefs = beliefs;
  }

  /**
   * A verifier by this trust file.
   *
   * @throws IllegalArgumentException if the file may not be believed
   */
  public static CheckpointVerifier of(TrustFile trust) {
    return new CheckpointVerifier(Beliefs.of(trust));
  }

  /**
   * Whether {@code note} is a checkpoint to believe at {@code now}: the log policy trusts it, and a key of
   * the log that signed it is in its window.
   */
  public CheckpointOutcome verify(SignedNote note, Instant now) {
    return beliefs.verifyCheckpoint(note, now);
  }
}
