// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.DenialCode;
import java.util.List;

/** What became of an execution that was asked for. In all but {@link Ran} and {@link Stopped} no child was
 * started. */
public sealed interface RunOutcome {
  /** What there is to say to whoever asked; empty where there is nothing. */
  String sentence();

  /**
   * It was allowed, and ran.
   *
   * @param reported what became of the word on how it ended; a sentence where the service does not have
   *     it yet, empty where it has
   */
  record Ran(Ending ending, String reported) implements RunOutcome {
    @Override
    public String sentence() {
      return reported;
    }
  }

  /**
   * It was not allowed.
   *
   * @param reason what must hold, and what was
   * @param next what can be done about it, and by whom, a line each
   */
  record Denied(DenialCode code, String reason, List<String> next) implements RunOutcome {
    /** A denial after which nothing is known to help. */
    public Denied(DenialCode code, String reason) {
      this(code, reason, List.of());
    }

    @Override
    public String sentence() {
      return "denied: " + code.wire() + ": " + reason;
    }
  }

  /**
   * It was allowed, ran, and was ended because what permitted it ended.
   *
   * @param reason what must hold, and what was
   * @param reported as of {@link Ran}
   */
  record Stopped(DenialCode code, String reason, Ending ending, String reported)
      implements RunOutcome {
    @Override
    public String sentence() {
      return "stopped: "
          + code.wire()
          + ": "
          + reason
          + (reported.isEmpty() ? "" : "; " + reported);
    }
  }

  /** There is no such program. */
  record NotFound(String reason) implements RunOutcome {
    @Override
    public String sentence() {
      return reason;
    }
  }

  /** What is there cannot be started. */
  record NotExecutable(String reason) implements RunOutcome {
    @Override
    public String sentence() {
      return reason;
    }
  }

  /** It was asked for in a way that nothing could be bound to. */
  record Unusable(String reason) implements RunOutcome {
    @Override
    public String sentence() {
      return reason;
    }
  }
}
