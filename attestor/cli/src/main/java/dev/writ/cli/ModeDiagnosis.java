// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.cli.EndorsementDiagnosis.Check;
import dev.writ.cli.EndorsementDiagnosis.Result;
import dev.writ.ledger.BreakglassUse;
import dev.writ.ledger.GovernanceMode;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StoredLedger;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** In which mode a service is, by its ledger, and whether a review of a break-glass is overdue. */
final class ModeDiagnosis {
  private static final String NAME = "governance_mode";

  private ModeDiagnosis() {}

  /** Reads the store beside the service, or without it. */
  static Check of(ServeConfig service, InstantSource clock) {
    try (StoredLedger ledger = StoredLedger.open(service.ledger(), clock)) {
      return of(ledger, clock.instant());
    } catch (LedgerException e) {
      return noted("the mode of the service is not known: " + e.getMessage(), Optional.empty());
    }
  }

  private static Check of(StoredLedger ledger, Instant now) throws LedgerException {
    GovernanceMode mode = ledger.governanceMode();
    Optional<BreakglassUse> due = ledger.unreviewedBreakglass().stream().findFirst();
    if (due.isPresent()) {
      boolean overdue = due.get().isOverdue(now);
      return noted(
          "the break-glass of leaf "
              + due.get().leafIndex()
              + (overdue ? " should have been" : " is to be")
              + " reviewed by "
              + due.get().reviewBy(),
          Optional.of("have an approver who did not use it run writ policy breakglass review"));
    }
    if (mode.isFrozen(now)) {
      return noted(
          "the service is frozen by leaf " + mode.frozenBy().orElseThrow(),
          Optional.of("writ policy unfreeze proposes to lift it"));
    }
    return new Check(
        Result.passed,
        NAME,
        "service",
        "the service is neither frozen nor under a break-glass, and no review is due",
        Optional.empty(),
        Optional.empty());
  }

  private static Check noted(String detail, Optional<String> todo) {
    return new Check(Result.noted, NAME, "service", detail, todo, Optional.empty());
  }
}
