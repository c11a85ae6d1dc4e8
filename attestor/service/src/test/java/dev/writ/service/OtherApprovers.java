// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.TrustFile;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A trust file that names others as policy approvers. */
final class OtherApprovers {
  private OtherApprovers() {}

  /** The operators sign it, and it is in the ledger. */
  static void publish(Deployment deployment, OperatorKeys others) {
    TrustFile wanted =
        TrustFile.of(deployment.service().trust().content().approvedBy(others.quorum()), List.of());
    OperatorKeys operators = deployment.operators;
    DualControl control = deployment.service().dualControl();
    Proposal proposal =
        ((DualControl.Outcome.Drafted)
                Deployment.join(
                    control.propose(
                        new ChangeRequest.Publish(wanted),
                        Duration.ofHours(1),
                        Optional.of(operators.kid(0)))))
            .proposal();
    for (int operator : List.of(0, 1, 2)) {
      if (Deployment.join(control.approve(operators.approval(operator, proposal)))
          instanceof DualControl.Outcome.Denied denied) {
        throw new AssertionError(denied);
      }
    }
  }
}
