// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.UuidV7;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the service says to a question: what was asked for, or a denial. That it cannot be reached is
 * no answer, but an {@link java.io.IOException}.
 *
 * @param <T> what was asked for
 */
public sealed interface Answer<T> {
  /**
   * What was asked for.
   *
   * @param value it
   */
  record Granted<T>(T value) implements Answer<T> {}

  /**
   * A denial.
   *
   * @param code the stable code
   * @param reason the finer cause
   * @param detail the cause in a sentence, for a human; may be empty
   * @param retryAfter when the same may be asked again, where the service could not come to an answer
   * @param decision the id of its leaf, where it is one
   * @param next what would have the same allowed, where the service knows
   */
  record Denied<T>(
      DenialCode code,
      String reason,
      String detail,
      Optional<Duration> retryAfter,
      Optional<UuidV7> decision,
      Optional<ApprovalsNeeded> next)
      implements Answer<T> {
    /** What a command of an operator takes besides what it is about. */
    private static final String SOCKET = " --socket PATH";

    /** A denial that is no leaf, and after which nothing is known to help. */
    public Denied(DenialCode code, String reason, String detail, Optional<Duration> retryAfter) {
      this(code, reason, detail, retryAfter, Optional.empty(), Optional.empty());
    }

    /** A denial that says no more than its cause. */
    public Denied(DenialCode code, String reason) {
      this(code, reason, "", Optional.empty());
    }

    /** The cause, for a human. */
    public String cause() {
      return reason + (detail.isEmpty() ? "" : ": " + detail);
    }

    /** What can be done about it, and by whom, a line each. */
    public List<String> whatNext() {
      List<String> lines = new ArrayList<>();
      decision.ifPresent(
          id ->
              lines.add(
                  "decision " + id + ": an operator sees why with: writ explain " + id + SOCKET));
      next.ifPresent(needed -> lines.add(needed.sentence()));
      return List.copyOf(lines);
    }

    /** The same denial, of something else. */
    <U> Answer<U> retyped() {
      return new Denied<>(code, reason, detail, retryAfter, decision, next);
    }
  }
}
