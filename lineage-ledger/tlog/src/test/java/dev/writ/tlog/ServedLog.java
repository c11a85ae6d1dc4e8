// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** A log of {@link ReferenceTree#entries} of which a test can damage each answer. */
final class ServedLog implements TiledLog {
  private final MemoryTiles tiles;
  private final List<byte[]> entries;
  private final Map<String, Function<byte[], Optional<byte[]>>> damage = new HashMap<>();
  private long tileReads;

  ServedLog(int size) {
    this.tiles = MemoryTiles.of(size);
    this.entries = ReferenceTree.entries(size);
  }

  Hash root() {
    return tiles.root();
  }

  void dropPartialTiles() {
    tiles.dropPartialTiles();
  }

  /** From here on {@code path} is answered with what {@code change} makes of it. */
  void damage(String path, Function<byte[], Optional<byte[]>> change) {
    damage.put(path, change);
  }

  void flip(String path, int at) {
    damage(
        path,
        bytes -> {
          bytes[at] ^= 1;
          return Optional.of(bytes);
        });
  }

  void lose(String path) {
    damage(path, bytes -> Optional.empty());
  }

  /** Number of tiles read. */
  long tileReads() {
    return tileReads;
  }

  @Override
  public Optional<byte[]> readCheckpoint() {
    return Optional.empty();
  }

  @Override
  public Optional<byte[]> readTile(TilePath path) throws IOException {
    tileReads++;
    return damaged(path.text(), tiles.readTile(path));
  }

  @Override
  public Optional<byte[]> readEntryBundle(EntryBundlePath path) {
    int first = (int) path.index() * Tile.WIDTH;
    int last = first + path.width();
    return damaged(
        path.text(),
        last <= entries.size()
            ? Optional.of(EntryBundle.encode(entries.subList(first, last)))
            : Optional.empty());
  }

  private Optional<byte[]> damaged(String path, Optional<byte[]> bytes) {
    return bytes.flatMap(damage.getOrDefault(path, Optional::of));
  }
}
