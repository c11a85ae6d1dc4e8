// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.RecordedLog;
import dev.writ.ledger.StoredLedger;
import java.util.OptionalLong;

/**
 * From which leaf on a log's leaves name what lies beside them: those that an older version wrote do not,
 * and none of them comes behind one that does. Safe for use by any number of threads.
 */
final class PayloadNaming {
  private final RecordedLog ledger;

  /** The first proven leaf that names a payload. */
  @GuardedBy("this")
  private OptionalLong first = OptionalLong.empty();

  /** Up to here none does. */
  @GuardedBy("this")
  private long looked;

  PayloadNaming(RecordedLog ledger) {
    this.ledger = ledger;
  }

  /** The first leaf that names one, if it is before the leaf at {@code index}. */
  synchronized OptionalLong before(long index) throws LedgerException {
    while (first.isEmpty() && looked < index) {
      long bundle = looked - looked % StoredLedger.BUNDLE + StoredLedger.BUNDLE;
      long end = Math.min(ledger.size(), bundle);
      for (StoredLedger.StoredLeaf leaf : ledger.leaves(looked, end)) {
        if (first.isEmpty() && leaf.isProven() && names(leaf)) {
          first = OptionalLong.of(leaf.index());
        }
      }
      looked = end;
    }
    return first.isPresent() && first.getAsLong() < index ? first : OptionalLong.empty();
  }

  private static boolean names(StoredLedger.StoredLeaf leaf) {
    try {
      return Leaf.parse(leaf.bytes()).payload().isPresent();
    } catch (MalformedLeafException e) {
      return false;
    }
  }
}
