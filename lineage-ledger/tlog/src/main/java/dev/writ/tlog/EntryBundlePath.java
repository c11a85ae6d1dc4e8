// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.util.Optional;

/**
 * The name of an entry bundle, the entries below one tile of level 0 (c2sp.org/tlog-tiles, "Log
 * entries"): {@code tile/entries/<index>[.p/<width>]}, index and width as in {@link TilePath}.
 *
 * @param index place of the bundle, from the left; its first entry is {@code index * 256}
 * @param width number of entries, 1 to {@value Tile#WIDTH}
 */
public record EntryBundlePath(long index, int width) {
  private static final String PREFIX = "tile/entries/";

  /** Longest path text: the prefix, seven groups of index, ".p/255". */
  private static final int MAX_TEXT = 64;

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is outside its bounds
   */
  public EntryBundlePath {
    TilePath.checkIndexAndWidth(index, width);
  }

  /**
   * The bundle that holds entry {@code entryIndex}, as it is in a tree of {@code treeSize} leaves.
   *
   * @throws IllegalArgumentException if the tree has no such entry
   */
  public static EntryBundlePath holding(long entryIndex, long treeSize) {
    TilePath leaves = TilePath.holding(0, entryIndex, treeSize);
    return new EntryBundlePath(leaves.index(), leaves.width());
  }

  /** The path's text, without a leading slash. */
  public String text() {
    return PREFIX + TilePath.indexAndWidth(index, width);
  }

  /** Reads the text that {@link #text} writes, and nothing else. */
  public static EntryBundlePath parse(String text) throws MalformedTilePathException {
    if (text.length() <= MAX_TEXT && text.startsWith(PREFIX)) {
      Optional<TilePath.Place> place = TilePath.Place.parse(text.substring(PREFIX.length()));
      if (place.isPresent()) {
        return new EntryBundlePath(place.get().index(), place.get().width());
      }
    }
    throw new MalformedTilePathException(
        "path",
        "tile/entries/<index>[.p/<width>] as in tile/entries/x001/x234/067.p/5",
        MalformedTlogException.quote(text),
        0);
  }

  @Override
  public String toString() {
    return text();
  }
}
