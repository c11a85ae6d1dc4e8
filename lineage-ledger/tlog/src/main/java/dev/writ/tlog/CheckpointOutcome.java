// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

/** What a log policy says of a checkpoint. */
public sealed interface CheckpointOutcome permits TrustedCheckpoint, CheckpointOutcome.Refused {
  /**
   * The checkpoint is not to be believed.
   *
   * @param reason what must hold and what was
   */
  record Refused(String reason) implements CheckpointOutcome {}
}
