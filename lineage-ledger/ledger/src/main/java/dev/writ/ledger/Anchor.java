// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.time.Duration;

/**
 * What lies outside the store, and contradicts a store that was put back to an older copy. {@link
 * Object#toString} names it in messages.
 */
interface Anchor {
  /**
   * Has it contradict every copy of the store that was made before.
   *
   * @param newest the newest signed head
   * @throws LedgerException a whole sentence
   */
  void keep(SignedHead newest) throws LedgerException;

  /** How often at most. */
  Duration every();
}
