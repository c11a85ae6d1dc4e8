// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Answer;
import dev.writ.artifact.DenialCode;

/** The service denied what a subcommand cannot go on without. */
final class DeniedException extends Exception {
  private static final long serialVersionUID = 1L;

  private DeniedException(DenialCode code, String reason) {
    super("denied: " + code.wire() + ": " + reason);
  }

  /** What was asked for. */
  static <T> T granted(Answer<T> answer) throws DeniedException {
    if (answer instanceof Answer.Granted<T> granted) {
      return granted.value();
    }
    Answer.Denied<T> denied = (Answer.Denied<T>) answer;
    throw new DeniedException(denied.code(), denied.reason());
  }
}
