// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.HostStanding;
import dev.writ.artifact.Leaf;
import dev.writ.tlog.Hash;
import dev.writ.tlog.TreeAudit;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** That hosts stand in the store's rows as the leaves tell it. */
final class HostDerivation {
  private final HostLives lives = new HostLives();

  /** As {@link HostLives#take}. */
  Optional<String> take(Leaf leaf) {
    return lives.take(leaf);
  }

  /** Looks at the rows, once all leaves were taken: whose has no leaf must be active. */
  void finish(StoreReader store, Consumer<TreeAudit.Fault> faults) throws LedgerException {
    Map<Hash, HostStanding> told = new HashMap<>(lives.standings());
    for (Host row : store.read(statements -> new HostRows(statements).inactive())) {
      Hash host = Hash.sha256(row.akName().bytes());
      HostStanding is = row.state().standing();
      HostStanding must = told.containsKey(host) ? told.remove(host) : HostStanding.ACTIVE;
      if (is != must) {
        faults.accept(fault(host, must, is));
      }
    }
    told.forEach(
        (host, must) -> {
          if (must != HostStanding.ACTIVE) {
            faults.accept(fault(host, must, HostStanding.ACTIVE));
          }
        });
  }

  private static TreeAudit.Fault fault(Hash host, HostStanding must, HostStanding is) {
    return new TreeAudit.Fault("host " + host, must.wire() + ", as leaves tell it", is.wire());
  }
}
