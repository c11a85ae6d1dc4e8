// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import java.util.Arrays;

/**
 * Numbers by keys of one length, the first put in under 0, the next under 1: open addressing over two
 * arrays, since a map of objects takes several times the room. Whoever writes the log can choose jtis so that
 * they meet in the table, and make lookups slow; answers stay right.
 */
final class ByteKeyIndex {
  private static final int FIRST = 1024;
  private static final int ABSENT = -1;

  private final int keyBytes;
  private byte[] keys;
  private int[] table;
  private int size;

  ByteKeyIndex(int keyBytes) {
    this.keyBytes = keyBytes;
    this.keys = new byte[FIRST * keyBytes];
    this.table = newTable(2 * FIRST);
  }

  private static int[] newTable(int length) {
    int[] table = new int[length];
    Arrays.fill(table, ABSENT);
    return table;
  }

  int size() {
    return size;
  }

  /** The number of {@code key}, or -1. */
  int find(byte[] key) {
    return table[slot(key)];
  }

  /**
   * Gives {@code key} the next number; where it has one already, the first stays the one that is found.
   *
   * @return the number that it had, or -1
   */
  int add(byte[] key) {
    if (2L * (size + 1) > table.length) {
      grow();
    }
    System.arraycopy(key, 0, keys, size * keyBytes, keyBytes);
    int slot = slot(key);
    int before = table[slot];
    if (before == ABSENT) {
      table[slot] = size;
    }
    size++;
    return before;
  }

  /** The key under {@code number}. */
  byte[] key(int number) {
    return Arrays.copyOfRange(keys, number * keyBytes, (number + 1) * keyBytes);
  }

  private void grow() {
    keys = Arrays.copyOf(keys, keys.length * 2);
    table = newTable(table.length * 2);
    for (int number = 0; number < size; number++) {
      int slot = slot(key(number));
      if (table[slot] == ABSENT) {
        table[slot] = number;
      }
    }
  }

  /** Where {@code key} is, or where it would be. */
  private int slot(byte[] key) {
    int mask = table.length - 1;
    int slot = hash(key) & mask;
    while (table[slot] != ABSENT && !isAt(table[slot], key)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean isAt(int number, byte[] key) {
    int from = number * keyBytes;
    return Arrays.equals(keys, from, from + keyBytes, key, 0, keyBytes);
  }

  private int hash(byte[] key) {
    int hash = 0;
    for (int i = 0; i < keyBytes; i++) {
      hash = 31 * hash + key[i];
    }
    return hash ^ (hash >>> 16);
  }
}
