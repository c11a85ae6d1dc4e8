// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.StatusReference;

/**
 * Status indices that lie side by side, reserved together so that handing one out asks no store.
 *
 * @param list the list that they are of
 * @param firstIdx the first of them
 * @param size how many there are
 */
public record StatusBlock(int list, int firstIdx, int size) {
  /** Indices of one block. */
  public static final int SIZE = 4096;

  static final int BLOCKS_OF_A_LIST = StatusReference.MAX_LIST / SIZE;

  /** The index at {@code place} in it, from 0 to before {@link #size}. */
  public StatusIndex index(int place) {
    if (place < 0 || place >= size) {
      throw new IllegalArgumentException(
          "a place must be from 0 to before " + size + ", was " + place);
    }
    return new StatusIndex(list, firstIdx + place);
  }

  static StatusBlock ofNumber(long block) {
    return new StatusBlock(
        Math.toIntExact(block / BLOCKS_OF_A_LIST), (int) (block % BLOCKS_OF_A_LIST) * SIZE, SIZE);
  }
}
