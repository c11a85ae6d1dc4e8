// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import java.util.OptionalLong;

/**
 * A counter outside the store that only rises, and that nothing which puts the store back puts back: one
 * in a TPM's NV memory. It is used by one node of one ledger alone. {@link Object#toString} names it in
 * messages.
 *
 * <p>Whatever fails is a {@link LedgerException} with the failing layer's code; a raise that failed may
 * have been made.
 */
public interface RollbackCounter {
  /**
   * Which counter this is, whether it is there or not. Another device's, or this one's once all that it
   * kept was cleared, is another.
   */
  Hash identity() throws LedgerException;

  /** What it has come to; empty where there is none. */
  OptionalLong read() throws LedgerException;

  /**
   * Makes it where there is none.
   *
   * @return what it begins with: more than it ever was before, if it was removed
   */
  long make() throws LedgerException;

  /**
   * Adds one to it.
   *
   * @return what it has come to
   */
  long raise() throws LedgerException;
}
