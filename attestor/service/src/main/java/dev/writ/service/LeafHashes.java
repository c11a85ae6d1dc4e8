// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.Hash;

/** Names leaves that state rows point to, as the parents of new ones. */
final class LeafHashes {
  private LeafHashes() {}

  static Hash of(Ledger ledger, long index) throws LedgerException {
    return ledger
        .leafHash(index)
        .orElseThrow(
            () -> new IllegalStateException("bug: state points to leaf " + index + ", not there"));
  }
}
