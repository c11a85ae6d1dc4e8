// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.LogLines;
import dev.writ.artifact.TrustFile;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;

/** Keeps the ledger's heads cosigned by the witnesses of the newest trust file. */
final class WitnessesInUse {
  private final Ledger ledger;
  private final TrustFiles trust;
  private final WitnessPlaces places;
  private String lines;

  /** The ledger was opened with those of the newest. */
  WitnessesInUse(Ledger ledger, TrustFiles trust, WitnessPlaces places) {
    this.ledger = ledger;
    this.trust = trust;
    this.places = places;
    this.lines = lines(trust.newest());
  }

  /** Turns to others where the trust file has others by now. */
  void align() throws LedgerException {
    TrustFile newest = trust.newest();
    String now = lines(newest);
    if (!now.equals(lines)) {
      ledger.witnessWith(places.after(newest));
      lines = now;
    }
  }

  private static String lines(TrustFile file) {
    return new LogLines(file.content().logPolicy(), file.logOrigin()).others();
  }
}
