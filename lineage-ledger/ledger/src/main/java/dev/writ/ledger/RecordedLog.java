// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.StoredLedger.StoredLeaf;
import java.util.List;
import java.util.Optional;

/**
 * A log with the state beside it, from which decisions are made again: a store, or what somebody took out
 * of one.
 */
public interface RecordedLog extends RecordedState {
  /** Number of leaves of the log. */
  long size();

  /** The leaf at {@code index}; empty where there is none. */
  Optional<StoredLeaf> leaf(long index) throws LedgerException;

  /** The leaves from {@code start} to before {@code end} that are here, which are of one bundle. */
  List<StoredLeaf> leaves(long start, long end) throws LedgerException;

  /** What lies beside the leaf at {@code index}: nobody compared it with what the leaf names. */
  Optional<byte[]> payload(long index) throws LedgerException;
}
