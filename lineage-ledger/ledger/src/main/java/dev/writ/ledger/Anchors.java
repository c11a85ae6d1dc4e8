// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** What a ledger is anchored by outside its store, besides witnesses. */
record Anchors(Optional<AnchorFile> file, Optional<CountedStore> counter) {
  static final Anchors NONE = new Anchors(Optional.empty(), Optional.empty());

  static Anchors of(StoreConfig config, Database database, Optional<CounterAnchor> counter)
      throws LedgerException {
    Optional<AnchorFile> file = config.anchor().map(AnchorFile::new);
    if (file.isPresent() && config instanceof SqliteConfig embedded) {
      file.get().requireOutside(embedded.folder());
    }
    return new Anchors(file, counter.map(each -> new CountedStore(database, each)));
  }

  /**
   * Keeps all of them from here on.
   *
   * @param opened number of leaves of the ledger as it was opened
   */
  List<Anchoring> keep(long opened, Supplier<SignedHead> newest, LedgerEvents events) {
    List<Anchoring> all = new ArrayList<>();
    file.ifPresent(each -> all.add(new Anchoring(each, -1, newest, events, System::nanoTime)));
    counter.ifPresent(
        each -> all.add(new Anchoring(each, opened, newest, events, System::nanoTime)));
    return all;
  }
}
