// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/**
 * What a quote's resetCount and restartCount are worth. A TPM signs them in clear with keys of its
 * endorsement and platform hierarchies; with all others it adds to each, modulo 2^32, a number made from
 * a secret and the key's qualified name (Part 1, 36.7).
 */
public enum BootCounters {
  /** They count: a lower one is of an earlier boot. */
  IN_CLEAR,
  /**
   * A number may have been added, the same in each quote of one key. Equal ones are of one boot and
   * others of others; of two boots nothing says which was first.
   */
  OBFUSCATED
}
