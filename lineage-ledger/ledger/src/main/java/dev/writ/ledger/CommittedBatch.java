// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.util.List;

/**
 * Leaves that are durable: entries of one transaction of this writer, or what other nodes committed.
 *
 * @param first place of the first leaf; the rest follow it
 * @param entries what waits for an answer, one to each leaf; empty where other nodes committed them
 * @param leafHashes of all leaves
 * @param head the tree after the last
 */
record CommittedBatch(long first, List<Pending> entries, List<Hash> leafHashes, Head head) {
  static CommittedBatch ofEntries(long first, List<Pending> entries, Head head) {
    return new CommittedBatch(
        first, entries, entries.stream().map(Pending::leafHash).toList(), head);
  }

  static CommittedBatch ofOthers(long first, List<Hash> leafHashes, Head head) {
    return new CommittedBatch(first, List.of(), leafHashes, head);
  }
}
