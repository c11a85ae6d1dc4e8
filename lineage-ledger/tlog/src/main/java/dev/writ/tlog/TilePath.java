// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * The name of a tile of the Merkle tree (c2sp.org/tlog-tiles).
 *
 * <pre>
 * path  = "tile/" level "/" index [ ".p/" width ]
 * level = 0 to 63
 * index = groups of three digits, all but the last with "x" before:  1234067 = x001/x234/067
 * width = 1 to 255, only in the path of a partial tile
 * </pre>
 *
 * @param level 0 for leaf hashes; one level spans {@value Tile#HEIGHT} levels of the tree
 * @param index place of the tile in its level, from the left
 * @param width number of hashes in the tile, 1 to {@value Tile#WIDTH}
 */
public record TilePath(int level, long index, int width) {
  private static final String PREFIX = "tile/";
  private static final String PARTIAL = ".p/";
  private static final int MAX_LEVEL = 63;
  private static final int GROUP = 1000;

  /** Longest path text: the prefix, two digits of level, seven groups of index, ".p/255". */
  private static final int MAX_TEXT = 64;

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is outside its bounds
   */
  public TilePath {
    if (level < 0 || level > MAX_LEVEL) {
      throw new IllegalArgumentException("tile level must be 0 to 63, was " + level);
    }
    checkIndexAndWidth(index, width);
  }

  /**
   * The tile that holds a hash, as it is in a tree of some size.
   *
   * @param level level of the tile
   * @param hashIndex place of the hash in that level, from the left
   * @param treeSize number of leaves of the tree
   * @throws IllegalArgumentException if the tree has no such hash
   */
  public static TilePath holding(int level, long hashIndex, long treeSize) {
    long hashes = hashesAt(level, treeSize);
    if (hashIndex < 0 || hashIndex >= hashes) {
      throw new IllegalArgumentException(
          "level "
              + level
              + " has "
              + hashes
              + " hashes at size "
              + treeSize
              + ", not "
              + hashIndex);
    }
    long index = hashIndex / Tile.WIDTH;
    long width = Math.min(Tile.WIDTH, hashes - index * Tile.WIDTH);
    return new TilePath(level, index, (int) width);
  }

  /** Number of hashes in the tiles of {@code level} for a tree of {@code treeSize} leaves. */
  public static long hashesAt(int level, long treeSize) {
    int shift = level * Tile.HEIGHT;
    return shift >= Long.SIZE ? 0 : treeSize >>> shift;
  }

  /** Whether the tile has fewer hashes than a full one. */
  public boolean isPartial() {
    return width < Tile.WIDTH;
  }

  /** The full tile at the same place. */
  public TilePath full() {
    return new TilePath(level, index, Tile.WIDTH);
  }

  /** The path's text, without a leading slash. */
  public String text() {
    return PREFIX + level + "/" + indexAndWidth(index, width);
  }

  /** Reads the text that {@link #text} writes, and nothing else. */
  public static TilePath parse(String text) throws MalformedTilePathException {
    if (text.length() <= MAX_TEXT && text.startsWith(PREFIX)) {
      int slash = text.indexOf('/', PREFIX.length());
      if (slash > 0) {
        OptionalLong level = Decimal.parse(text.substring(PREFIX.length(), slash));
        Optional<Place> place = Place.parse(text.substring(slash + 1));
        if (level.isPresent() && level.getAsLong() <= MAX_LEVEL && place.isPresent()) {
          return new TilePath((int) level.getAsLong(), place.get().index(), place.get().width());
        }
      }
    }
    throw new MalformedTilePathException(
        "path",
        "tile/<level>/<index>[.p/<width>] as in tile/0/x001/x234/067.p/5",
        MalformedTlogException.quote(text),
        0);
  }

  @Override
  public String toString() {
    return text();
  }

  static void checkIndexAndWidth(long index, int width) {
    if (index < 0) {
      throw new IllegalArgumentException("tile index must be at least 0, was " + index);
    }
    if (width < 1 || width > Tile.WIDTH) {
      throw new IllegalArgumentException("tile width must be 1 to 256, was " + width);
    }
  }

  static String indexAndWidth(long index, int width) {
    StringBuilder text = new StringBuilder(String.format("%03d", index % GROUP));
    for (long rest = index / GROUP; rest > 0; rest /= GROUP) {
      text.insert(0, String.format("x%03d/", rest % GROUP));
    }
    return width < Tile.WIDTH ? text + PARTIAL + width : text.toString();
  }

  /** The part of a path that tiles and entry bundles share. */
  record Place(long index, int width) {
    /** Reads {@code index [ ".p/" width ]}; empty unless the text is the only one for its numbers. */
    static Optional<Place> parse(String text) {
      int dot = text.indexOf('.');
      int width = Tile.WIDTH;
      if (dot >= 0) {
        if (!text.startsWith(PARTIAL, dot)) {
          return Optional.empty();
        }
        OptionalLong parsed = Decimal.parse(text.substring(dot + PARTIAL.length()));
        if (parsed.isEmpty() || parsed.getAsLong() < 1 || parsed.getAsLong() >= Tile.WIDTH) {
          return Optional.empty();
        }
        width = (int) parsed.getAsLong();
      }
      String digits =
          (dot < 0 ? text : text.substring(0, dot))
              .replace("x", "")
              .replace("/", "")
              .replaceFirst("^0+(?=.)", "");
      OptionalLong index = Decimal.parse(digits);
      return index.isPresent() && indexAndWidth(index.getAsLong(), width).equals(text)
          ? Optional.of(new Place(index.getAsLong(), width))
          : Optional.empty();
    }
  }
}
