// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.DenialCode;

/** What became of an execution that was asked for. In all but {@link Ran} no child was started. */
public sealed interface RunOutcome {
  /**
   * It was allowed, and ran.
   *
   * @param reported what became of the word on how it ended; a sentence where the service does not have
   *     it yet, empty where it has
   */
  record Ran(Ending ending, String reported) implements RunOutcome {}

  /**
   * It was not allowed.
   *
   * @param reason what must hold, and what was
   */
  record Denied(DenialCode code, String reason) implements RunOutcome {}

  /** There is no such program. */
  record NotFound(String reason) implements RunOutcome {}

  /** What is there cannot be started. */
  record NotExecutable(String reason) implements RunOutcome {}

  /** It was asked for in a way that nothing could be bound to. */
  record Unusable(String reason) implements RunOutcome {}
}
