// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.LedgerException;
import java.util.concurrent.CompletionException;

/** Carries a denial past the stages that are left, to the end of its operation; leaves no trace. */
final class DeniedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Denial denial;

  DeniedException(Denial denial) {
    super(denial.reason(), null, false, false);
    this.denial = denial;
  }

  /** The denial that follows from what a stage of the ledger ended in. */
  static RuntimeException of(Throwable failure) {
    Throwable cause = Operations.cause(failure);
    return cause instanceof LedgerException ledger
        ? new DeniedException(Denial.of(ledger))
        : new CompletionException(cause);
  }

  Denial denial() {
    return denial;
  }
}
