// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.tlog.Tile;
import java.io.IOException;
import java.util.List;

/** Reads a range of entries in order, a bundle at a time. */
final class LeafStream {
  private LeafStream() {}

  /** Takes an entry. */
  interface Sink {
    void take(long index, byte[] entry) throws IOException;
  }

  static void each(LeafSource source, long start, long end, Sink sink) throws IOException {
    for (long at = start; at < end; ) {
      long to = Math.min(end, (at / Tile.WIDTH + 1) * Tile.WIDTH);
      List<byte[]> entries = source.entries(at, to);
      for (byte[] entry : entries) {
        sink.take(at++, entry);
      }
    }
  }
}
