// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.GovernanceStep;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;

/**
 * Finds a leaf by its id without an index, which every commit would pay for: an id says when it was
 * made, leaves stand nearly in the order of their times, and around that time all are looked at.
 */
final class LeafSearch {
  /** A leaf is made before it is committed, but not longer before than this; clocks are set, too. */
  private static final Duration AROUND = Duration.ofSeconds(30);

  private static final int PAGE = 1024;

  /** Most leaves that are looked at: half a minute at the highest rate, and some. */
  private static final int MOST = 1 << 18;

  private final KeptTree tree;

  LeafSearch(KeptTree tree) {
    this.tree = tree;
  }

  /** The place of the leaf with this id among the first {@code size}; empty where it is not found. */
  OptionalLong find(UuidV7 id, long size) throws SQLException, LedgerException {
    Instant made = id.time();
    byte[] text = ("\"id\":\"" + id + "\"").getBytes(StandardCharsets.US_ASCII);
    long start = firstFrom(made.minus(AROUND), 0, size);
    long end = Math.min(size, start + MOST);
    for (long page = start; page < end; page += PAGE) {
      List<byte[]> leaves = tree.leaves(page, Math.min(end, page + PAGE));
      for (int i = 0; i < leaves.size(); i++) {
        if (contains(leaves.get(i), text) && leaf(leaves.get(i)).id().equals(id)) {
          return OptionalLong.of(page + i);
        }
      }
      if (leaves.isEmpty() || leaf(leaves.get(0)).time().isAfter(made.plus(AROUND))) {
        break;
      }
    }
    return OptionalLong.empty();
  }

  /** The first leaf of a kind from {@code start} to before {@code end}. */
  OptionalLong firstOf(LeafKind kind, long start, long end) throws SQLException, LedgerException {
    byte[] text = ("\"kind\":\"" + kind.wire() + "\"").getBytes(StandardCharsets.US_ASCII);
    for (long page = start; page < end; page += PAGE) {
      List<byte[]> leaves = tree.leaves(page, Math.min(end, page + PAGE));
      for (int i = 0; i < leaves.size(); i++) {
        if (contains(leaves.get(i), text) && leaf(leaves.get(i)).kind() == kind) {
          return OptionalLong.of(page + i);
        }
      }
    }
    return OptionalLong.empty();
  }

  /** The first leaf from {@code start} to before {@code end} that uses this grant of break-glass. */
  OptionalLong firstUse(Hash grant, long start, long end) throws SQLException, LedgerException {
    byte[] text = ("\"grant\":\"" + grant.hex() + "\"").getBytes(StandardCharsets.US_ASCII);
    for (long page = start; page < end; page += PAGE) {
      List<byte[]> leaves = tree.leaves(page, Math.min(end, page + PAGE));
      for (int i = 0; i < leaves.size(); i++) {
        if (contains(leaves.get(i), text)
            && leaf(leaves.get(i)).body() instanceof GovernanceStep.Begun begun
            && begun.grant().digest().equals(grant)) {
          return OptionalLong.of(page + i);
        }
      }
    }
    return OptionalLong.empty();
  }

  /** The first leaf from {@code start} on, to {@code size}, that is not of before {@code time}, were they in order. */
  long firstFrom(Instant time, long start, long size) throws SQLException, LedgerException {
    long low = start;
    long high = size;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (leaf(tree.leaves(middle, middle + 1).get(0)).time().isBefore(time)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  static Leaf leaf(byte[] bytes) throws SQLException {
    try {
      return Leaf.parse(bytes);
    } catch (MalformedLeafException e) {
      throw new SQLException("the store must have leaves alone, and one is none", e);
    }
  }

  private static boolean contains(byte[] bytes, byte[] text) {
    return new String(bytes, StandardCharsets.ISO_8859_1)
        .contains(new String(text, StandardCharsets.ISO_8859_1));
  }
}
