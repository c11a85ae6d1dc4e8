// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.IOException;
import java.util.Optional;

/**
 * A log as c2sp.org/tlog-tiles lays it out, wherever it lies. Nothing that comes from it is believed for
 * having come from it: a checkpoint is judged by its signatures, and all else proven against its root.
 */
public interface TiledLog extends TileReader {
  /** Longest entry bundle in bytes: 256 entries of 65,535 bytes, each with its length. */
  int MAX_BUNDLE_BYTES = Tile.WIDTH * (2 + EntryBundle.MAX_ENTRY_BYTES);

  /** Longest tile in bytes. */
  int MAX_TILE_BYTES = Tile.WIDTH * Hash.BYTES;

  /**
   * The newest checkpoint, a signed note; empty where there is none.
   *
   * @throws IOException if the store cannot say
   */
  Optional<byte[]> readCheckpoint() throws IOException;

  /**
   * The bytes of exactly this bundle, without a content coding, or empty where it is not there. As with
   * tiles, who asks for a partial one and gets none asks for the full one.
   *
   * @throws IOException if the store cannot say
   */
  Optional<byte[]> readEntryBundle(EntryBundlePath path) throws IOException;
}
