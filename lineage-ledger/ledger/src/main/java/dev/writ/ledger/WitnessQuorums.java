// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.util.Optional;

/** Asks witnesses, whichever they are, over one store. */
final class WitnessQuorums {
  private final Database database;
  private final StoreReader store;
  private final LedgerEvents events;

  /**
   * Asks nobody yet.
   *
   * @param events is told what witnesses say to the heads of this ledger
   */
  WitnessQuorums(Database database, LedgerEvents events) {
    this.database = database;
    this.store = new StoreReader(database);
    this.events = events;
  }

  /** Asks where their policy has a quorum, and nobody where it has none. */
  Cosigning of(Witnesses witnesses) {
    return witnesses.isNeeded()
        ? new WitnessQuorum(witnesses, store, database.isShared(), database.witnessTurn(), events)
        : Cosigning.NONE;
  }

  /**
   * Why these witnesses are no quorum for a head; empty if they are. One that has seen a newer head of this
   * store counts: heads go on while it is asked.
   */
  Optional<String> missing(Witnesses witnesses, SignedHead head) {
    if (!witnesses.isNeeded()) {
      return Optional.empty();
    }
    try (WitnessQuorum trial =
        new WitnessQuorum(witnesses, store, true, WitnessTurn.ALONE, LedgerEvents.NONE)) {
      return trial.missing(head);
    }
  }
}
