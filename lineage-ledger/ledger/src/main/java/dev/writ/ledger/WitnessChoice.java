// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.util.Optional;

/**
 * Says which witnesses cosign a ledger's heads, once its store is open: the trust files in it may name
 * others than the one that a service is started with.
 */
@FunctionalInterface
public interface WitnessChoice {
  /** The trust files that the store has, each to be judged by its signatures. */
  @FunctionalInterface
  interface Published {
    /** The bytes of a version, if it is published. */
    Optional<byte[]> version(long version) throws LedgerException;
  }

  /**
   * The witnesses.
   *
   * @throws LedgerException if there are none to go by
   */
  Witnesses by(Published trustFiles) throws LedgerException;
}
