// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.StatusReference;

/**
 * The bit that withdraws an artifact: its place among all status lists.
 *
 * @param list the list's number, from 0
 * @param idx the bit's place in it
 */
public record StatusIndex(int list, int idx) {
  /** Checks the bounds. */
  public StatusIndex {
    if (list < 0 || idx < 0 || idx >= StatusReference.MAX_LIST) {
      throw new IllegalArgumentException(
          "a status index must be of a list from 0 on and from 0 to 131071 in it, was "
              + idx
              + " of list "
              + list);
    }
  }

  /** Its number when the lists stand one behind the other. */
  long number() {
    return firstNumber(list) + idx;
  }

  static StatusIndex ofNumber(long number) {
    return new StatusIndex(
        Math.toIntExact(number / StatusReference.MAX_LIST),
        (int) (number % StatusReference.MAX_LIST));
  }

  /** The number of a list's first index. */
  static long firstNumber(int list) {
    return (long) list * StatusReference.MAX_LIST;
  }
}
