// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MalformedTileException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TileTree;
import dev.writ.tlog.TiledLog;
import dev.writ.tlog.VerifiedTiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The leaves of a tiled log, each proven by {@link VerifiedTiles}. Not safe for use by several threads at
 * once.
 */
public final class VerifiedLeaves implements LeafSource {
  private static final int BUNDLES_KEPT = 16;

  private final Checkpoint checkpoint;
  private final SignedNote note;
  private final VerifiedTiles tiles;
  private final TileTree tree;
  private final Map<Long, List<byte[]>> bundles =
      new LinkedHashMap<>(2 * BUNDLES_KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, List<byte[]>> eldest) {
          return size() > BUNDLES_KEPT;
        }
      };

  /**
   * The leaves that {@code checkpoint} covers. Nothing is read yet.
   *
   * @param log believed nothing
   * @param checkpoint believed
   * @param note what it came in
   */
  public VerifiedLeaves(TiledLog log, Checkpoint checkpoint, SignedNote note) {
    this.checkpoint = checkpoint;
    this.note = note;
    this.tiles = new VerifiedTiles(log, checkpoint.size(), checkpoint.root());
    this.tree = tiles.tree();
  }

  @Override
  public Checkpoint checkpoint() {
    return checkpoint;
  }

  @Override
  public byte[] note() {
    return note.bytes();
  }

  @Override
  public List<byte[]> entries(long start, long end) throws IOException {
    if (start < 0 || start > end || end > checkpoint.size() || end - start > MAX_ENTRIES) {
      throw new IndexOutOfBoundsException(
          "entries must be at most 256 of " + checkpoint.size() + ", were " + start + " to " + end);
    }
    List<byte[]> entries = new ArrayList<>();
    for (long at = start; at < end; ) {
      List<byte[]> bundle = bundle(at / Tile.WIDTH);
      int from = (int) (at % Tile.WIDTH);
      int to = (int) Math.min(bundle.size(), from + (end - at));
      entries.addAll(bundle.subList(from, to));
      at += to - from;
    }
    return entries;
  }

  @Override
  public InclusionProof proof(long index) throws IOException {
    try {
      return tree.inclusionProof(index);
    } catch (MalformedTileException e) {
      throw new IllegalStateException("bug: a tile that was proven could not be read", e);
    }
  }

  private List<byte[]> bundle(long number) throws IOException {
    List<byte[]> kept = bundles.get(number);
    if (kept != null) {
      return kept;
    }
    List<byte[]> entries = tiles.entries(number);
    bundles.put(number, entries);
    return entries;
  }
}
