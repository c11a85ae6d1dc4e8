// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.time.Instant;

/**
 * A random key that all nodes of the service share, for MACs and the like. {@link #toString} shows
 * nothing of it.
 *
 * @param created when it was put beside those before it
 * @param key its {@link #BYTES} bytes
 */
public record MacKey(Instant created, byte[] key) {
  /** Bytes of a key. */
  public static final int BYTES = 32;

  /** Checks the length and copies the bytes. */
  public MacKey {
    requireLength(key);
    key = key.clone();
  }

  static void requireLength(byte[] key) {
    if (key.length != BYTES) {
      throw new IllegalArgumentException("a MAC key must have 32 bytes, had " + key.length);
    }
  }

  @Override
  public byte[] key() {
    return key.clone();
  }

  @Override
  public String toString() {
    return "MacKey of " + created;
  }
}
