// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

/** What somebody who reports an execution's outcome gets. */
public sealed interface ReportOutcome {
  /**
   * The statement is in the ledger, by this or by an earlier report of the same.
   *
   * @param leafIndex of its leaf
   */
  record Reported(long leafIndex) implements ReportOutcome {}

  /** Not kept. */
  record Denied(Denial denial) implements ReportOutcome {}
}
