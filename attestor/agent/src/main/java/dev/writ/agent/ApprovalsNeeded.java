// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.UuidV7;
import java.util.Optional;

/**
 * What would have the same request allowed, by the service's word.
 *
 * @param decision the denial's id, by which an approver finds what was asked
 * @param threshold how many approvals it takes
 * @param given how many there are
 */
public record ApprovalsNeeded(UuidV7 decision, long threshold, long given) {
  private static final int MOST = 64;

  /** What the command of an approver takes besides the decision. */
  private static final String OPTIONS = " --operator-key KEY --trust FILE --socket PATH";

  /** What to do next, in one line. */
  public String sentence() {
    return "next: "
        + given
        + " of "
        + threshold
        + " approvals are given; an approver gives one with: "
        + command(decision);
  }

  /** What an approver types, with his own key, trust file and socket in place of the words in capitals. */
  public static String command(UuidV7 decision) {
    return "writ approve --request " + decision + OPTIONS;
  }

  /** Takes them from a problem's {@code next}; a kind that is not known says nothing here. */
  static Optional<ApprovalsNeeded> take(Optional<JsonMembers> next) throws MalformedJsonException {
    return next.isPresent()
            && next.get().text("kind").equals("approval")
            && next.get().has("decision_id")
        ? Optional.of(
            new ApprovalsNeeded(
                next.get().uuid("decision_id"),
                next.get().integer("threshold", 1, MOST),
                next.get().integer("given", 0, MOST)))
        : Optional.empty();
  }
}
