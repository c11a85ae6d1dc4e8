// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.CommitOutcome;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * How one way through the issuance pipeline ended.
 *
 * @param superseded whether state that the decision used changed under it; nothing was kept then
 * @param holdsNonce whether the challenge's nonce was spent for this application all the same
 * @param receipt of the decision's leaf, where there is one
 */
record Attempt(
    IssuanceOutcome outcome,
    boolean superseded,
    boolean holdsNonce,
    Optional<CommitOutcome.Receipt> receipt) {
  /** By a decision that is in the ledger. */
  static CompletionStage<Attempt> decided(IssuanceOutcome outcome, CommitOutcome.Receipt receipt) {
    return CompletableFuture.completedFuture(
        new Attempt(outcome, false, false, Optional.of(receipt)));
  }

  /** Without a leaf. */
  static CompletionStage<Attempt> ended(Denial denial) {
    return CompletableFuture.completedFuture(
        new Attempt(new IssuanceOutcome.Denied(denial), false, false, Optional.empty()));
  }

  /** To be decided once more, on what is in force then. */
  static CompletionStage<Attempt> superseded(Denial denial, boolean holdsNonce) {
    return CompletableFuture.completedFuture(
        new Attempt(new IssuanceOutcome.Denied(denial), true, holdsNonce, Optional.empty()));
  }
}
