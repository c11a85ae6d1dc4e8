// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.time.Duration;

/**
 * Is told what the ledger does, to count and measure it. Called on the ledger's own threads: must
 * return at once, and what it throws is lost.
 */
public interface LedgerEvents {
  /** Listens to nothing. */
  LedgerEvents NONE = new LedgerEvents() {};

  /**
   * A transaction made entries durable.
   *
   * @param entries how many; may be 0, where all that waited were refused
   * @param took from the lock to the end of COMMIT
   */
  default void batchCommitted(int entries, Duration took) {}

  /**
   * A transaction failed.
   *
   * @param code the failing layer's own, as in {@link LedgerException#code}
   */
  default void commitFailed(String code) {}

  /**
   * A head got its signatures.
   *
   * @param took for all of them
   */
  default void headSigned(Duration took) {}

  /**
   * A checkpoint key failed.
   *
   * @param code the failing layer's own
   */
  default void signatureFailed(String code) {}

  /** A head was signed, and not cosigned by a quorum of witnesses in time. */
  default void quorumMissed() {}

  /**
   * A witness stopped cosigning, with a quorum or without.
   *
   * @param name within the log policy
   * @param reason what it did, after its name
   * @param contradicts whether it says that it has seen a newer tree or another: the store was rolled
   *     back or forked, or the witness lies
   */
  default void witnessFailed(String name, String reason, boolean contradicts) {}

  /**
   * An anchor could not be written, for the first time since it could.
   *
   * @param reason the failing layer's code, and in words
   */
  default void anchorFailed(String reason) {}

  /** The anchor can be written again. */
  default void anchorBack(String name) {}

  /**
   * Old leaves could not be moved to the archive, for the first time since they could; they stay in the store.
   *
   * @param reason in words
   */
  default void archiveFailed(String reason) {}

  /** Old leaves are moved again. */
  default void archiveBack() {}

  /** A witness that had stopped cosigns again. */
  default void witnessBack(String name) {}

  /**
   * Others are to cosign from now on, or the same are asked anew: nothing more is told of those before, and
   * who of these does not cosign is told again.
   */
  default void witnessesChanged() {}
}
