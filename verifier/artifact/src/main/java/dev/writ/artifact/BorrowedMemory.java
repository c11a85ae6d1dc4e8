// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.time.Instant;
import java.util.Optional;

/** Another's memory of tokens and revocations. Of uses who borrows it has to say something of its own. */
public abstract class BorrowedMemory implements Seen {
  private final Seen lender;

  protected BorrowedMemory(Seen lender) {
    this.lender = lender;
  }

  @Override
  public final StatusOutcome recordStatus(StatusToken token) {
    return lender.recordStatus(token);
  }

  @Override
  public final Optional<StatusToken> newestStatus(String listUri) {
    return lender.newestStatus(listUri);
  }

  @Override
  public final Optional<StatusToken> newestGovernance(String statusUri) {
    return lender.newestGovernance(statusUri);
  }

  @Override
  public final StatusOutcome recordRevocation(PushedRevocation revocation, Instant logTime) {
    return lender.recordRevocation(revocation, logTime);
  }

  @Override
  public final PushedRevocations revocations() {
    return lender.revocations();
  }
}
