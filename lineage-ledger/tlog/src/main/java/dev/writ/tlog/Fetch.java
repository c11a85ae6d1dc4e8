// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads of a tile or bundle of a tree of some size: "Clients … MAY fetch the full tile … as a fallback"
 * (tlog-tiles, "Partial Tiles"), of which only as much counts as the tree has.
 */
final class Fetch {
  private Fetch() {}

  /** The tile as wide as {@code path} says. */
  static Tile tile(TileReader reader, TilePath path, long treeSize)
      throws IOException, MalformedTileException {
    Optional<byte[]> exact = reader.readTile(path);
    if (exact.isPresent()) {
      return Tile.parse(path, exact.get());
    }
    if (!path.isPartial()) {
      throw new MissingTileException(path, treeSize);
    }
    byte[] full =
        reader.readTile(path.full()).orElseThrow(() -> new MissingTileException(path, treeSize));
    // Its length is judged as that of a full one.
    byte[] bytes = Tile.parse(path.full(), full).bytes();
    return Tile.parse(path, Arrays.copyOf(bytes, path.width() * Hash.BYTES));
  }

  /** The entries of the bundle, as many as {@code path} says. */
  static List<byte[]> entries(TiledLog log, EntryBundlePath path, long treeSize)
      throws IOException, MalformedEntryBundleException {
    Optional<byte[]> exact = log.readEntryBundle(path);
    if (exact.isPresent()) {
      return EntryBundle.decode(path, exact.get());
    }
    EntryBundlePath full = new EntryBundlePath(path.index(), Tile.WIDTH);
    byte[] bytes = path.width() == Tile.WIDTH ? null : log.readEntryBundle(full).orElse(null);
    if (bytes == null) {
      throw UnprovenException.missing(path, treeSize);
    }
    return EntryBundle.decode(full, bytes).subList(0, path.width());
  }
}
