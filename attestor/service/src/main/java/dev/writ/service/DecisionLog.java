// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.Evaluation;
import dev.writ.artifact.HostStanding;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.RevocationReason;
import dev.writ.artifact.Verification;
import dev.writ.ledger.CommitOutcome.Receipt;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;

/**
 * Logs decisions that are leaves, by which log and ledger can be joined: {@code decision_id} is the
 * leaf's. It names neither host nor workload; the ledger does, for those who may read that.
 */
final class DecisionLog {
  private static final System.Logger LOGGER = System.getLogger(DecisionLog.class.getName());

  private DecisionLog() {}

  /**
   * Logs a decision.
   *
   * @param receipt of its leaf
   * @param asked when it was asked for, by {@link System#nanoTime}
   */
  static void log(Receipt receipt, long asked) {
    if (receipt.leaf().body() instanceof LeafBody.DecisionDeny deny) {
      LogFields fields =
          LogFields.of("verdict", "deny", "code", deny.code().wire()).and("reason", deny.reason());
      log(Level.INFO, fields, receipt, asked);
    } else if (receipt.leaf().body() instanceof Evaluation evaluation
        && evaluation.denied().isPresent()) {
      Evaluation.Denied denied = evaluation.denied().get();
      answered(receipt, asked, denied.code(), denied.reason());
    } else if (receipt.leaf().body() instanceof Verification verification
        && verification.code().isPresent()) {
      answered(receipt, asked, verification.code().get(), verification.reason().orElse(""));
    } else if (LOGGER.isLoggable(Level.DEBUG)) {
      log(Level.DEBUG, LogFields.of("verdict", "allow"), receipt, asked);
    }
  }

  /**
   * Logs that what a host had is void, which comes before the decision that says why it was asked.
   *
   * @param receipt of the revocation's leaf
   * @param reason as that leaf has it
   * @param artifacts how many lived when the quote was judged
   */
  static void log(Receipt receipt, String reason, long artifacts) {
    LogFields fields =
        LogFields.of("reason", reason)
            .and("leaf_index", receipt.index())
            .and("artifacts", artifacts);
    LOGGER.log(Level.INFO, "voided", fields);
  }

  /**
   * Logs that artifacts were revoked by a scope.
   *
   * @param receipt of the revocation's leaf
   * @param artifacts how many stood when it was made
   */
  static void log(Receipt receipt, LeafBody.ScopeRevocation revocation, long artifacts) {
    LogFields fields =
        LogFields.of("scope", revocation.scope().wire(), "reason", revocation.reason().wire())
            .and("by", revocation.by().wire())
            .and("leaf_index", receipt.index())
            .and("artifacts", artifacts);
    LOGGER.log(Level.INFO, "revoked", fields);
  }

  /**
   * Logs that a host stands otherwise from here on.
   *
   * @param receipt of the leaf that says so
   */
  static void log(Receipt receipt, HostStanding state, RevocationReason reason) {
    LogFields fields =
        LogFields.of("state", state.wire(), "reason", reason.wire())
            .and("leaf_index", receipt.index());
    LOGGER.log(Level.INFO, "host", fields);
  }

  /** An enforcement point was told no. */
  private static void answered(Receipt receipt, long asked, DenialCode code, String reason) {
    LogFields fields =
        LogFields.of("verdict", "deny", "code", code.wire())
            .and("reason", reason)
            .and("kind", receipt.leaf().kind().wire());
    log(Level.INFO, fields, receipt, asked);
  }

  private static void log(Level level, LogFields verdict, Receipt receipt, long asked) {
    if (LOGGER.isLoggable(level)) {
      LogFields fields =
          verdict
              .and("decision_id", receipt.leaf().id().toString())
              .and("leaf_index", receipt.index())
              .and("duration_ms", TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - asked));
      LOGGER.log(level, "decision", fields);
    }
  }
}
