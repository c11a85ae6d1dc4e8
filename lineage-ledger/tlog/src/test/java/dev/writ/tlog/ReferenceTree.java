// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/**
 * RFC 9162 section 2.1 as it is written, by recursion over the entries, sharing nothing with the
 * code under test but the type of a hash.
 */
final class ReferenceTree {
  private ReferenceTree() {}

  /** Entries that differ in bytes and length. */
  static List<byte[]> entries(int n) {
    List<byte[]> entries = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      entries.add(ByteBuffer.allocate(4 + i % 3).putInt(i).array());
    }
    return entries;
  }

  static Hash mth(List<byte[]> d) {
    int n = d.size();
    if (n == 0) {
      return sha256(new byte[0]);
    }
    if (n == 1) {
      return sha256(ByteBuffer.allocate(1 + d.get(0).length).put((byte) 0).put(d.get(0)).array());
    }
    int k = split(n);
    return node(mth(d.subList(0, k)), mth(d.subList(k, n)));
  }

  /** PATH(m, D[n]), section 2.1.3.1. */
  static List<Hash> path(int m, List<byte[]> d) {
    int n = d.size();
    if (n == 1) {
      return List.of();
    }
    int k = split(n);
    List<Hash> path =
        new ArrayList<>(m < k ? path(m, d.subList(0, k)) : path(m - k, d.subList(k, n)));
    path.add(m < k ? mth(d.subList(k, n)) : mth(d.subList(0, k)));
    return path;
  }

  /** PROOF(m, D[n]), section 2.1.4.1. */
  static List<Hash> proof(int m, List<byte[]> d) {
    return subproof(m, d, true);
  }

  private static List<Hash> subproof(int m, List<byte[]> d, boolean b) {
    int n = d.size();
    if (m == n) {
      return b ? List.of() : List.of(mth(d));
    }
    int k = split(n);
    List<Hash> proof =
        new ArrayList<>(
            m <= k ? subproof(m, d.subList(0, k), b) : subproof(m - k, d.subList(k, n), false));
    proof.add(m <= k ? mth(d.subList(k, n)) : mth(d.subList(0, k)));
    return proof;
  }

  private static int split(int n) {
    int k = 1;
    while (2 * k < n) {
      k *= 2;
    }
    return k;
  }

  static Hash node(Hash left, Hash right) {
    return sha256(
        ByteBuffer.allocate(65).put((byte) 1).put(left.bytes()).put(right.bytes()).array());
  }

  private static Hash sha256(byte[] bytes) {
    try {
      return Hash.of(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
