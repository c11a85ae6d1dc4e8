// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Tile;
import dev.writ.tlog.VerifiedTiles;
import java.io.IOException;
import java.util.List;

/** Entries of a log one after the other, each proven. */
final class LogWalk {
  /** Entries of a bundle. */
  static final int BUNDLE = Tile.WIDTH;

  /** Takes an entry. */
  @FunctionalInterface
  interface Visitor {
    /**
     * Takes it.
     *
     * @return whether to go on
     */
    boolean visit(long index, byte[] entry) throws IOException;
  }

  private LogWalk() {}

  /** Visits the entries from {@code from} to before {@code to}, which the tree has. */
  static void run(VerifiedTiles tiles, long from, long to, Visitor visitor) throws IOException {
    for (long bundle = from / BUNDLE; bundle * BUNDLE < to; bundle++) {
      List<byte[]> entries = tiles.entries(bundle);
      long first = bundle * BUNDLE;
      for (int row = (int) Math.max(0, from - first); row < entries.size(); row++) {
        if (first + row >= to || !visitor.visit(first + row, entries.get(row))) {
          return;
        }
      }
    }
  }
}
