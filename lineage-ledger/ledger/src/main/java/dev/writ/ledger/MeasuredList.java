// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.tlog.Hash;

/**
 * How far a host's measurement list was verified.
 *
 * @param boot of the host: its TPM's reset count and restart count, 32 bits each
 * @param judgedBy digest of what its entries were judged by
 * @param position in the verifier's own encoding
 * @param leafIndex of the decision that got so far
 */
public record MeasuredList(
    AkName akName, long boot, Hash judgedBy, byte[] position, long leafIndex) {
  /** Longest position in bytes. */
  public static final int MAX_POSITION_BYTES = 4096;

  /** Copies the bytes. */
  public MeasuredList {
    position = position.clone();
  }

  @Override
  public byte[] position() {
    return position.clone();
  }
}
