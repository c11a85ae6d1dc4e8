// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.Arrays;
import java.util.Collection;

/**
 * A set of byte strings that is asked about parts of larger arrays, without copies: hundreds of
 * thousands of digests against every entry of every list.
 *
 * <p>Open addressing with linear probing. Its members come from a policy, so that nobody whose bytes
 * are looked up chooses how long a probe is.
 */
final class ImaOctetSet {
  private static final int EMPTY = -1;

  /** Members one after the other. */
  private final byte[] members;

  /** Where each member starts, and where the last ends. */
  private final int[] starts;

  private final int[] table;

  ImaOctetSet(Collection<byte[]> distinct) {
    starts = new int[distinct.size() + 1];
    int number = 0;
    for (byte[] member : distinct) {
      starts[number + 1] = Math.addExact(starts[number], member.length);
      number++;
    }
    members = new byte[starts[number]];
    table = new int[Integer.highestOneBit(Math.max(1, number)) * 4];
    Arrays.fill(table, EMPTY);
    number = 0;
    for (byte[] member : distinct) {
      System.arraycopy(member, 0, members, starts[number], member.length);
      int slot = slot(member, 0, member.length);
      while (table[slot] != EMPTY) {
        slot = slot + 1 & table.length - 1;
      }
      table[slot] = number++;
    }
  }

  boolean contains(byte[] bytes, int from, int to) {
    int slot = slot(bytes, from, to);
    while (table[slot] != EMPTY) {
      int member = table[slot];
      if (Arrays.equals(members, starts[member], starts[member + 1], bytes, from, to)) {
        return true;
      }
      slot = slot + 1 & table.length - 1;
    }
    return false;
  }

  private int slot(byte[] bytes, int from, int to) {
    int hash = 1;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + bytes[i];
    }
    hash *= 0x9e3779b1; // 2^32 / golden ratio: spreads what differs in low bits alone
    return (hash ^ hash >>> 16) & table.length - 1;
  }
}
