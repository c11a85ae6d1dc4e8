// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.UuidV7;

/**
 * An artifact that was issued under another.
 *
 * @param root the first artifact of the chain
 * @param depth how many artifacts stand above it
 * @param uses how many it draws from those that its parent may delegate
 * @param leafIndex the leaf of its decision
 */
public record Descent(
    UuidV7 jti, UuidV7 parent, UuidV7 root, int depth, long uses, long leafIndex) {
  /** Longest chain. */
  public static final int MAX_DEPTH = 64;
}
