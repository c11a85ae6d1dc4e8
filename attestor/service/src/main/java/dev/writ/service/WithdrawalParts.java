// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.LedgerException;
import java.util.concurrent.CompletionException;

/**
 * What withdraws artifacts, and tells gateways of it.
 *
 * @param statusTokens say which artifacts are withdrawn
 * @param statusIndices are the places of artifacts in them
 * @param revocationStream pushes revocations and tokens
 */
record WithdrawalParts(
    StatusTokens statusTokens,
    StatusIndices statusIndices,
    RevocationStream revocationStream,
    Revocations revocations) {

  static WithdrawalParts on(Foundation base) throws ServiceStartException {
    StatusTokens tokens =
        new StatusTokens(
            base.ledger(),
            base.keys(),
            base.counts(),
            StartChecks.statusSource(base.trust().newest()),
            base.trust(),
            base.trust().newest().content().skew(),
            base.limits().statusTtl(),
            base.clock());
    base.closings().add(tokens::close);
    RevocationStream stream = new RevocationStream(base.ledger(), tokens);
    base.closings().add(stream::close);
    WithdrawalParts parts =
        new WithdrawalParts(
            tokens,
            new StatusIndices(
                base.ledger(), tokens, base.policies()::longestLifetime, base.clock()),
            stream,
            new Revocations(
                base.operations(),
                base.appraisal(),
                base.ledger(),
                tokens,
                base.policies()::leaf,
                base.clock(),
                base.random(),
                base.telemetry()));
    base.policies().whenMoved(parts::renew);
    base.modes().whenMoved(parts::renew);
    return parts;
  }

  /** Gateways are to hear at once of another policy, and of what is revoked with a break-glass. */
  private void renew() {
    try {
      var unused = statusTokens.publishAll();
    } catch (LedgerException e) {
      // The next token says it in any case.
    }
  }

  /** Makes the first status token. */
  void prepare() throws ServiceStartException {
    try {
      statusIndices.prepare().toCompletableFuture().join();
    } catch (CompletionException e) {
      if (Operations.cause(e) instanceof DeniedException denied) {
        throw new ServiceStartException(
            "the first status token must be made, and was not: " + denied.denial().message());
      }
      throw e;
    }
  }
}
