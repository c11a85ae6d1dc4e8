// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.util.OptionalLong;

/**
 * A version of the trust file that was published.
 *
 * @param version at least 1
 * @param bytes the file, as received
 * @param leafIndex the leaf that published it
 * @param inForceIndex the leaf that put it in force; empty while none did
 */
public record PublishedTrust(
    long version, byte[] bytes, long leafIndex, OptionalLong inForceIndex) {
  /** Most bytes of a trust file. */
  public static final int MAX_BYTES = 512 << 10;

  /** Copies the bytes. */
  public PublishedTrust {
    bytes = bytes.clone();
  }

  @Override
  public byte[] bytes() {
    return bytes.clone();
  }
}
