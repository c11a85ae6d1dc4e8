// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.IOException;
import java.util.OptionalLong;

/**
 * Where the entries of a log begin whose old ones were taken away (c2sp.org/tlog-tiles, "Pruning"). Found by
 * asking for bundles: a log has no file that says it.
 */
public final class PrunedLog {
  private PrunedLog() {}

  /**
   * The first entry that the log still serves, if those before it are all that is gone; it has asked for about
   * as many bundles as the tree is high.
   *
   * @return empty where the newest bundle is not served either
   */
  public static OptionalLong firstEntry(TiledLog log, long size) throws IOException {
    if (size == 0 || has(log, 0, size)) {
      return OptionalLong.of(0);
    }
    if (!has(log, (size - 1) / Tile.WIDTH, size)) {
      return OptionalLong.empty();
    }
    long low = 1;
    long high = (size - 1) / Tile.WIDTH;
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (has(log, middle, size)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return OptionalLong.of(low * Tile.WIDTH);
  }

  private static boolean has(TiledLog log, long bundle, long size) throws IOException {
    EntryBundlePath path = EntryBundlePath.holding(bundle * Tile.WIDTH, size);
    return log.readEntryBundle(path).isPresent()
        || path.width() < Tile.WIDTH
            && log.readEntryBundle(new EntryBundlePath(bundle, Tile.WIDTH)).isPresent();
  }
}
