// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.util.ArrayList;
import java.util.List;

/** Small changes that a proof must notice. */
final class Flips {
  private Flips() {}

  /** {@code hash} with one bit changed; which one depends on {@code seed}. */
  static Hash flip(Hash hash, int seed) {
    byte[] bytes = hash.bytes();
    int bit = Math.floorMod(seed * 37, Hash.BYTES * 8);
    bytes[bit / 8] ^= (byte) (1 << bit % 8);
    return Hash.of(bytes);
  }

  /** {@code path}, once for each of its hashes, with that hash changed. */
  static List<List<Hash>> eachFlipped(List<Hash> path) {
    List<List<Hash>> changed = new ArrayList<>();
    for (int i = 0; i < path.size(); i++) {
      List<Hash> copy = new ArrayList<>(path);
      copy.set(i, flip(path.get(i), i));
      changed.add(copy);
    }
    return changed;
  }

  /** {@code path} with a hash too few at each end, and with one too many at each end. */
  static List<List<Hash>> wrongLengths(List<Hash> path, Hash extra) {
    List<List<Hash>> changed = new ArrayList<>();
    if (!path.isEmpty()) {
      changed.add(path.subList(1, path.size()));
      changed.add(path.subList(0, path.size() - 1));
    }
    List<Hash> before = new ArrayList<>(path);
    before.add(0, extra);
    changed.add(before);
    List<Hash> after = new ArrayList<>(path);
    after.add(extra);
    changed.add(after);
    return changed;
  }
}
