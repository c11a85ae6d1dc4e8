// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Operation;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.OperationEnd;
import dev.writ.ledger.OperationRecord;
import dev.writ.tlog.Hash;
import java.util.Optional;
import java.util.function.Predicate;

/** A rotation that was done, from which a later step in the life of its keys follows. */
record DoneRotation(Operation operation, Operation.RotateKey change) {
  /** Done operations that are looked through for it. */
  private static final int MOST_OPERATIONS = 1_000;

  /** The newest by which this key follows another. */
  static DoneRotation to(Ledger ledger, Hash kid) throws LedgerException {
    return newest(ledger, change -> change.to().equals(kid))
        .orElseThrow(() -> new IllegalStateException("bug: a key was announced by nobody"));
  }

  /** The newest by which another follows this key. */
  static DoneRotation from(Ledger ledger, Hash kid) throws LedgerException {
    return newest(ledger, change -> change.from().equals(kid))
        .orElseThrow(() -> new IllegalStateException("bug: a key retires after no rotation"));
  }

  private static Optional<DoneRotation> newest(Ledger ledger, Predicate<Operation.RotateKey> wanted)
      throws LedgerException {
    for (OperationRecord done : ledger.operations(OperationEnd.EXECUTED, MOST_OPERATIONS)) {
      Operation operation = Proposal.decode(done.document()).operation();
      if (operation.change() instanceof Operation.RotateKey rotate && wanted.test(rotate)) {
        return Optional.of(new DoneRotation(operation, rotate));
      }
    }
    return Optional.empty();
  }

  /** Of the trust file that came of it. */
  long trustVersion() {
    return operation.trustVersion() + 1;
  }
}
