// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.CompactRange;
import dev.writ.tlog.Hash;
import java.util.List;
import java.util.Optional;

/**
 * Leaves that are durable: entries of one transaction of this writer, or what other nodes committed.
 *
 * @param first place of the first leaf; the rest follow it
 * @param entries what waits for an answer, one to each leaf; empty where other nodes committed them
 * @param leafHashes of all leaves; empty where {@code range} stands for them
 * @param range the whole tree after the last, where so many came from others that only their peaks are
 *     handed on
 * @param head the tree after the last
 */
record CommittedBatch(
    long first,
    List<Pending> entries,
    List<Hash> leafHashes,
    Optional<CompactRange> range,
    Head head) {
  static CommittedBatch ofEntries(long first, List<Pending> entries, Head head) {
    return new CommittedBatch(
        first, entries, entries.stream().map(Pending::leafHash).toList(), Optional.empty(), head);
  }

  /** Whether one of its leaves may be a revocation: of other nodes' only the hashes are here. */
  boolean mayRevoke() {
    return entries.isEmpty() || entries.stream().anyMatch(Pending::isRevocation);
  }

  static CommittedBatch ofOthers(long first, List<Hash> leafHashes, Head head) {
    return new CommittedBatch(first, List.of(), leafHashes, Optional.empty(), head);
  }

  static CommittedBatch ofManyOthers(long first, RightEdge after) {
    return new CommittedBatch(
        first, List.of(), List.of(), Optional.of(after.range()), after.head());
  }
}
