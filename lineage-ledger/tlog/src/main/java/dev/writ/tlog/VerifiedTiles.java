// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The tiles and entries of one tree, each proven against the tree's root before it is given out.
 *
 * <p>The partial tiles of all levels together hold every hash from which the root is folded, and are
 * proven by it; a full tile by the hash of it in the tile above; an entry by its hash in the tile of
 * level 0. Whoever serves them can leave something out, but put nothing else in its place.
 *
 * <p>Memory does not grow with the tree. Not safe for use by several threads at once.
 */
public final class VerifiedTiles implements TileReader {
  /** A walk along the leaves needs one tile of each level, of which there are at most 8. */
  private static final int TILES_KEPT = 32;

  private final TiledLog log;
  private final long size;
  private final Hash root;
  private final Map<TilePath, Tile> kept =
      new LinkedHashMap<>(2 * TILES_KEPT, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<TilePath, Tile> eldest) {
          return size() > TILES_KEPT;
        }
      };

  /** The partial tile of each level that has one, once they are proven. */
  private @Nullable Map<TilePath, Tile> edge;

  /**
   * The tree of {@code size} leaves under {@code root}, read from {@code log}.
   *
   * @throws IllegalArgumentException if {@code size} is negative
   */
  public VerifiedTiles(TiledLog log, long size, Hash root) {
    if (size < 0) {
      throw new IllegalArgumentException("tree size must be at least 0, was " + size);
    }
    this.log = log;
    this.size = size;
    this.root = root;
  }

  /** Number of leaves. */
  public long size() {
    return size;
  }

  /** The root that all is proven against. */
  public Hash root() {
    return root;
  }

  /** The tree over these tiles: what it proves, it proves under {@link #root}. */
  public TileTree tree() {
    return new TileTree(this, size);
  }

  /**
   * Proves the right edge, and so that {@code root} is that of a tree of {@code size} leaves which the
   * log has.
   *
   * @throws UnprovenException if the tiles lead to another root
   */
  public void proveEdge() throws IOException {
    var unused = edge();
  }

  @Override
  public Optional<byte[]> readTile(TilePath path) throws IOException {
    long hashes = TilePath.hashesAt(path.level(), size);
    return path.index() <= hashes / Tile.WIDTH && path.width() <= hashes - path.index() * Tile.WIDTH
        ? Optional.of(tile(path.level(), path.index()).bytes(path.width()))
        : Optional.empty();
  }

  /**
   * The entries of bundle {@code index}, as many as the tree has.
   *
   * @throws IllegalArgumentException if the tree has no such bundle
   * @throws UnprovenException if one is not the tree's
   */
  public List<byte[]> entries(long index) throws IOException {
    EntryBundlePath path = EntryBundlePath.holding(index * Tile.WIDTH, size);
    Tile hashes = tile(0, index);
    List<byte[]> entries;
    try {
      entries = Fetch.entries(log, path, size);
    } catch (MalformedEntryBundleException e) {
      throw UnprovenException.malformed(path.text(), e);
    }
    for (int row = 0; row < entries.size(); row++) {
      Hash found = MerkleTree.leafHash(entries.get(row));
      if (!found.equals(hashes.hash(row))) {
        throw UnprovenException.of(
            "entry " + (index * Tile.WIDTH + row) + " in " + path,
            "the one whose hash " + hashes.hash(row) + " the tree has",
            "one of hash " + found);
      }
    }
    return entries;
  }

  private Tile tile(int level, long index) throws IOException {
    TilePath path = TilePath.holding(level, index * Tile.WIDTH, size);
    if (path.isPartial()) {
      Tile partial = edge().get(path);
      if (partial == null) {
        throw new IllegalStateException("a bug: the right edge has no " + path);
      }
      return partial;
    }
    Tile known = kept.get(path);
    if (known != null) {
      return known;
    }
    Hash above = tile(level + 1, index / Tile.WIDTH).hash((int) (index % Tile.WIDTH));
    Tile tile = fetch(path);
    if (!tile.node(Tile.HEIGHT, 0).equals(above)) {
      throw UnprovenException.of(
          path.text(),
          "the tile whose root " + above + " the tree has",
          "one of root " + tile.node(Tile.HEIGHT, 0));
    }
    kept.put(path, tile);
    return tile;
  }

  private Map<TilePath, Tile> edge() throws IOException {
    if (edge == null) {
      Map<TilePath, Tile> tiles = new HashMap<>();
      for (int level = 0; TilePath.hashesAt(level, size) > 0; level++) {
        TilePath last = TilePath.holding(level, TilePath.hashesAt(level, size) - 1, size);
        if (last.isPartial()) {
          tiles.put(last, fetch(last));
        }
      }
      Hash found = rootOf(tiles);
      if (!found.equals(root)) {
        throw UnprovenException.of(
            "the right edge, " + tiles.keySet().stream().map(TilePath::text).sorted().toList(),
            "tiles that lead to root " + root + " at size " + size,
            "such that lead to " + found);
      }
      edge = tiles;
    }
    return edge;
  }

  private Hash rootOf(Map<TilePath, Tile> tiles) throws IOException {
    try {
      return new TileTree(path -> Optional.ofNullable(tiles.get(path)).map(Tile::bytes), size)
          .root();
    } catch (MalformedTileException e) {
      throw new IllegalStateException("a bug: a tile that was read once could not be again", e);
    }
  }

  private Tile fetch(TilePath path) throws IOException {
    try {
      return Fetch.tile(log, path, size);
    } catch (MalformedTileException e) {
      throw UnprovenException.malformed(path.text(), e);
    }
  }
}
