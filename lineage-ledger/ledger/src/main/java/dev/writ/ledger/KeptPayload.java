// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Leaf;
import dev.writ.tlog.Hash;

/**
 * What lies beside a leaf; where the leaf names a payload, it is that one.
 *
 * @param leafIndex the leaf's place
 * @param retention how long it is kept
 */
public record KeptPayload(long leafIndex, Leaf leaf, byte[] bytes, PayloadRetention retention) {
  /** The {@link LedgerException#code} where what lies beside a leaf is not what the leaf names. */
  public static final String CONTRADICTS = "payload_contradicts";

  /** Copies the bytes. */
  public KeptPayload {
    bytes = bytes.clone();
  }

  @Override
  public byte[] bytes() {
    return bytes.clone();
  }

  /** Whether the leaf vouches for it; that of an older version does not. */
  public boolean isNamed() {
    return leaf.payload().isPresent();
  }

  /** This, unless the leaf names another. */
  KeptPayload verified() throws LedgerException {
    Hash found = Hash.sha256(bytes);
    if (leaf.payload().isPresent() && !leaf.payload().get().equals(found)) {
      throw new LedgerException(
          CONTRADICTS,
          "what is kept beside leaf "
              + leafIndex
              + " must have the SHA-256 that the leaf names, "
              + leaf.payload().get()
              + ", has "
              + found
              + ": somebody changed the store; check it with writ ledger fsck");
    }
    return this;
  }
}
