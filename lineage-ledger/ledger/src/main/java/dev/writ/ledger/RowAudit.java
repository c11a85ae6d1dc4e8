// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TreeAudit;
import java.util.List;
import java.util.function.Consumer;

/**
 * Looks for rows that the audit of a tree does not read: what lies beyond the head is in no tile of it, what
 * went to the archive must be there alone, and of a gap it sees the bundle and not the leaf.
 */
final class RowAudit {
  private static final String IN_RANGE =
      "SELECT COUNT(*) FROM leaf WHERE leaf_index >= ? AND leaf_index < ?";
  private static final String BEFORE_A_GAP =
      "SELECT MIN(leaf_index) FROM leaf WHERE leaf_index >= ? AND leaf_index < ? AND NOT EXISTS"
          + " (SELECT 1 FROM leaf AS next WHERE next.leaf_index = leaf.leaf_index + 1)";
  private static final String WIDER =
      "SELECT COUNT(*) FROM tile WHERE level = ? AND tile_index = ? AND length(hashes) > ?";

  private final StoreReader store;
  private final Head head;
  private final long minimum;
  private final Consumer<TreeAudit.Fault> faults;

  /**
   * Looks at nothing yet.
   *
   * @param minimum leaves below it are in the archive
   */
  RowAudit(StoreReader store, Head head, long minimum, Consumer<TreeAudit.Fault> faults) {
    this.store = store;
    this.head = head;
    this.minimum = minimum;
    this.faults = faults;
  }

  /** Leaves, and what lies beside them. */
  void leaves() throws LedgerException {
    RowCount leaves = new RowCount(store, "leaf", List.of("leaf_index"));
    long beyond = leaves.after(head.size() - 1);
    long there = leaves.after(minimum - 1) - beyond;
    long missing = head.size() - minimum - there;
    if (missing > 0) {
      faults.accept(
          new TreeAudit.Fault(
              "leaf " + firstMissing(),
              "there, as all " + head.size() + " by the head",
              "absent, the first of " + missing));
    }
    beyond += count("SELECT COUNT(*) FROM leaf WHERE leaf_index < ?", minimum);
    if (beyond > 0) {
      faults.accept(
          new TreeAudit.Fault(
              "leaf",
              "of the head's " + head.size() + " leaves, and of the archive's none",
              beyond + " beyond them"));
    }
    long payloads =
        new RowCount(store, "payload", List.of("leaf_index")).after(head.size() - 1)
            + count("SELECT COUNT(*) FROM payload WHERE leaf_index < 0");
    if (payloads > 0) {
      faults.accept(
          new TreeAudit.Fault(
              "payload",
              "beside one of the head's " + head.size() + " leaves",
              payloads + " beyond"));
    }
  }

  private long firstMissing() throws LedgerException {
    for (long at = minimum; at < head.size(); at += RowCount.PART) {
      long to = Math.min(head.size(), at + RowCount.PART);
      if (count(IN_RANGE, at, to) < to - at) {
        return count(IN_RANGE, at, at + 1) == 0 ? at : count(BEFORE_A_GAP, at, to) + 1;
      }
    }
    throw new IllegalStateException("a bug: of leaves some of which are missing none is");
  }

  /** Tiles, none more or wider than the head has. */
  void tiles() throws LedgerException {
    long archived = minimum / Tile.WIDTH;
    long expected = -archived;
    for (int level = 0; TilePath.hashesAt(level, head.size()) > 0; level++) {
      expected += (TilePath.hashesAt(level, head.size()) + Tile.WIDTH - 1) / Tile.WIDTH;
      long hashes = TilePath.hashesAt(level, head.size());
      long last = (hashes - 1) / Tile.WIDTH;
      long width = hashes - last * Tile.WIDTH;
      long wide = count(WIDER, level, last, width * Hash.BYTES);
      if (wide > 0) {
        faults.accept(
            new TreeAudit.Fault(
                new TilePath(level, last, (int) width).text(),
                "no wider than " + width + " hashes",
                "wider"));
      }
    }
    long found = new RowCount(store, "tile", List.of("level", "tile_index")).all();
    long both = count("SELECT COUNT(*) FROM tile WHERE level = 0 AND tile_index < ?", archived);
    if (found > expected || both > 0) {
      faults.accept(
          new TreeAudit.Fault(
              "tile",
              expected + " tiles at the head's size, and of the archive's none",
              found + " tiles, and " + both));
    }
  }

  private long count(String sql, Object... parameters) throws LedgerException {
    return store.read(
        statements -> statements.first(row -> row.getLong(1), sql, parameters).orElse(0L));
  }
}
