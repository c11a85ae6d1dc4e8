// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Leaf;
import dev.writ.tlog.Hash;
import dev.writ.tlog.TreeAudit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What lies beside leaves, compared with what they name. That nothing lies beside one that names a payload
 * is no fault: it was erased.
 */
final class PayloadAudit {
  /** Rows are read with their bytes: of the longest, so many are 32 MiB. */
  private static final int PAGE = 32;

  private final StoreReader store;
  private final Consumer<TreeAudit.Fault> faults;
  private long named;
  private long unnamed;
  private long erased;

  PayloadAudit(StoreReader store, Consumer<TreeAudit.Fault> faults) {
    this.store = store;
    this.faults = faults;
  }

  /** Takes leaves in their order, and looks at what lies beside them. */
  void leaves(long first, long end, Map<Long, Leaf> leaves) throws LedgerException {
    for (long page = first; page < end; page += PAGE) {
      long start = page;
      long stop = Math.min(end, page + PAGE);
      List<PayloadRows.Row> rows =
          store.read(statements -> new PayloadRows(statements).between(start, stop));
      for (PayloadRows.Row row : rows) {
        Leaf leaf = leaves.get(row.leafIndex());
        if (leaf != null) {
          compare(row, leaf);
        }
      }
      long naming =
          leaves.entrySet().stream()
              .filter(leaf -> leaf.getKey() >= start && leaf.getKey() < stop)
              .filter(leaf -> leaf.getValue().payload().isPresent())
              .count();
      long there =
          rows.stream()
              .map(row -> Optional.ofNullable(leaves.get(row.leafIndex())))
              .filter(leaf -> leaf.flatMap(Leaf::payload).isPresent())
              .count();
      erased += naming - there;
    }
  }

  private void compare(PayloadRows.Row row, Leaf leaf) {
    if (leaf.payload().isEmpty()) {
      unnamed++;
    } else {
      named++;
      Hash is = Hash.sha256(row.bytes());
      if (!leaf.payload().get().equals(is)) {
        fault(row, "of SHA-256 " + leaf.payload().get() + ", as the leaf says", "of " + is);
      }
    }
    PayloadRetention retention = PayloadRetention.of(leaf);
    if (row.retention() != retention) {
      fault(row, "kept " + retention, "kept " + row.retention());
    }
  }

  private void fault(PayloadRows.Row row, String mustBe, String was) {
    faults.accept(new TreeAudit.Fault("payload of leaf " + row.leafIndex(), mustBe, was));
  }

  Fsck.PayloadCounts counts() {
    return new Fsck.PayloadCounts(named, unnamed, erased);
  }
}
