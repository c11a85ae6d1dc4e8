// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.OperatorClient;
import dev.writ.artifact.DrillReport;
import dev.writ.artifact.LoggedDrill;
import dev.writ.artifact.SignedDrill;
import dev.writ.artifact.TrustFile;
import java.io.IOException;
import java.time.InstantSource;

/** Signs a drill's report and has it put into the ledger, believing nothing of the answer. */
final class DrillLogging {
  private DrillLogging() {}

  /**
   * The report in the ledger, with the proof, which holds.
   *
   * @param key an operator's
   * @param operator the way to the service
   */
  static LoggedDrill log(
      DrillReport report,
      OperatorKey key,
      OperatorClient operator,
      TrustFile trust,
      InstantSource clock)
      throws CommandFailure {
    if (trust.content().operators().key(key.kid()).isEmpty()) {
      throw CommandFailure.invalid(
          "the key must be an operator's of trust file version "
              + trust.content().version()
              + ", and "
              + Thumbprint.text(key.kid())
              + " is none");
    }
    LoggedDrill logged;
    try {
      logged =
          CommandFailure.granted(
              operator.drill(new SignedDrill(report, key.sign(report.signingInput()))));
    } catch (IOException e) {
      throw CommandFailure.unreachable("the service must take the drill's report", e);
    }
    LoggedDrill.Outcome outcome = logged.judge(trust, clock.instant());
    if (outcome instanceof LoggedDrill.Outcome.Refused refused) {
      throw CommandFailure.integrity(refused.reason());
    }
    return logged;
  }
}
