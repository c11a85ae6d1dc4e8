// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** The keys that all nodes of a {@link Ledger} share, for MACs. No leaf is of them. */
public final class SharedKeys {
  private final StoreReader store;
  private final Jobs jobs;

  SharedKeys(StoreReader store, Jobs jobs) {
    this.store = store;
    this.jobs = jobs;
  }

  /** The keys for some purpose, newest first. */
  public List<MacKey> newestFirst(String purpose) throws LedgerException {
    MacKeys.requirePurpose(purpose);
    return store.read(statements -> new MacKeys(statements).newestFirst(purpose));
  }

  /**
   * Puts a fresh key beside those for some purpose if there is none, or if the newest is too old, and
   * erases those that have had a successor for long enough. Of nodes that do so at once, one does.
   *
   * @param purpose a word of a-z, 0-9 and -
   * @param fresh {@link MacKey#BYTES} random bytes
   * @param ifNewestBefore the newest key is too old if it was created before
   * @param kept how long a key stays once there is a newer one
   * @return the keys that there are then, newest first; completes exceptionally as {@link
   *     Ledger#reserveStatusBlock} does
   */
  public CompletionStage<List<MacKey>> renew(
      String purpose, byte[] fresh, Instant ifNewestBefore, Duration kept) {
    MacKeys.requirePurpose(purpose);
    MacKey.requireLength(fresh);
    byte[] key = fresh.clone();
    return jobs.submit(
        "the key for " + purpose + " must be renewed",
        (writer, now) ->
            new MacKeys(writer.statements())
                .renew(writer, purpose, key, ifNewestBefore, kept, now));
  }
}
