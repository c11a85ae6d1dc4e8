// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.security.MessageDigest;
import java.util.List;

/**
 * The hashes of RFC 9162 section 2.1.1 (the same as RFC 6962 section 2.1).
 *
 * <pre>
 * MTH({})     = SHA-256()
 * MTH({d[0]}) = SHA-256(0x00 || d[0])
 * MTH(D[n])   = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n])),  k the largest power of two &lt; n
 * </pre>
 *
 * <p>The two prefixes keep a leaf from being read as a node: without them an entry that holds two
 * hashes would have the hash of their parent.
 */
public final class MerkleTree {
  private static final byte LEAF = 0x00;
  private static final byte NODE = 0x01;
  private static final Hash EMPTY_ROOT = Hash.sha256();

  private MerkleTree() {}

  /** The hash of the entry {@code data} as a leaf. */
  public static Hash leafHash(byte[] data) {
    MessageDigest digest = Hash.engine();
    digest.update(LEAF);
    digest.update(data);
    return Hash.finish(digest);
  }

  /** The hash of the node over {@code left} and {@code right}. */
  public static Hash nodeHash(Hash left, Hash right) {
    MessageDigest digest = Hash.engine();
    digest.update(NODE);
    left.update(digest);
    right.update(digest);
    return Hash.finish(digest);
  }

  /** The root of the tree without leaves. */
  public static Hash emptyRoot() {
    return EMPTY_ROOT;
  }

  /** The root of the tree over {@code leafHashes}, in that order. */
  public static Hash root(List<Hash> leafHashes) {
    CompactRange range = new CompactRange();
    leafHashes.forEach(range::append);
    return range.root();
  }
}
