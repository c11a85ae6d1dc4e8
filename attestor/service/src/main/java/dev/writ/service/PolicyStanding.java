// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.tlog.Hash;

/** What a node makes of the newest policy in its ledger. */
sealed interface PolicyStanding {
  /** The policy's number. */
  long epoch();

  /** Hash of the leaf that put it in force. */
  Hash leaf();

  /** Decisions are made by it. */
  record Usable(PolicyInForce policy) implements PolicyStanding {
    @Override
    public long epoch() {
      return policy.epoch();
    }

    @Override
    public Hash leaf() {
      return policy.leaf();
    }
  }

  /**
   * Nothing is decided: it could not be read, is not signed, or is none that decisions could be made by. No
   * policy before it takes its place.
   *
   * @param why what whoever asks is told
   */
  record Unusable(long epoch, Hash leaf, Denial why) implements PolicyStanding {}
}
