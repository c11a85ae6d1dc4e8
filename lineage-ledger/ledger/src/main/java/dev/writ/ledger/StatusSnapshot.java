// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.BitSet;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What status tokens say, all of it as of one moment between two commits.
 *
 * @param at later than that of every snapshot before, whatever the clock did; a snapshot that is
 *     later has no smaller tree and no earlier epoch
 * @param treeSize leaves that are committed, signed or about to be
 * @param root of the tree of that size
 * @param policy the policy set in force; empty before the first
 * @param revoked for each list that was asked for, the indices of revoked artifacts
 */
public record StatusSnapshot(
    Instant at,
    long treeSize,
    Hash root,
    Optional<PolicyEpoch> policy,
    Map<Integer, BitSet> revoked) {
  /** Copies the sets. */
  public StatusSnapshot {
    revoked = copy(revoked);
  }

  @Override
  public Map<Integer, BitSet> revoked() {
    return copy(revoked);
  }

  /** The revoked indices of one list, which must be one that was asked for. */
  public BitSet revoked(int list) {
    BitSet indices = revoked.get(list);
    if (indices == null) {
      throw new IllegalArgumentException(
          "a list must be one of " + revoked.keySet() + ", was " + list);
    }
    return (BitSet) indices.clone();
  }

  private static Map<Integer, BitSet> copy(Map<Integer, BitSet> sets) {
    Map<Integer, BitSet> copy = new TreeMap<>();
    sets.forEach((list, indices) -> copy.put(list, (BitSet) indices.clone()));
    return Collections.unmodifiableMap(copy);
  }
}
