// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Evaluation;
import dev.writ.policy.Decision;
import dev.writ.policy.Inputs;
import java.util.Optional;

/**
 * What the policy says of a question. It is no artifact and nothing can be signed upon it: whoever asked
 * enforces it, and believes the service for its door.
 *
 * @param decision the policy's
 * @param denied why the answer is no
 * @param message why, for whoever asked
 */
record AuthzenAnswer(Decision decision, Optional<Evaluation.Denied> denied, String message) {
  /** The policy would have somebody do more than to let it happen, and who asks has no way to say so. */
  private static final Evaluation.Denied OBLIGED =
      new Evaluation.Denied(DenialCode.RUNTIME_CONDITION, "obligation_unmet");

  /** Asks the policy. */
  static AuthzenAnswer of(PolicyInForce policy, Inputs inputs) {
    Decision decision = policy.policy().decide(inputs);
    if (decision instanceof Decision.Deny deny) {
      Denial denial = Denial.of(deny, Optional.empty());
      return new AuthzenAnswer(
          deny,
          Optional.of(new Evaluation.Denied(denial.code(), denial.reason())),
          denial.message());
    }
    return ((Decision.Allow) decision).obligations().isEmpty()
        ? new AuthzenAnswer(decision, Optional.empty(), "")
        : new AuthzenAnswer(
            decision,
            Optional.of(OBLIGED),
            "what the policy permits must carry no obligation that cannot be passed on, and carries one");
  }

  boolean allowed() {
    return denied.isEmpty();
  }
}
