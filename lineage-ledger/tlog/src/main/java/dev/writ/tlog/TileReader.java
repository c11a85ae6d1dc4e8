// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.IOException;
import java.util.Optional;

/** Where tiles are stored or served. */
@FunctionalInterface
public interface TileReader {
  /**
   * The bytes of exactly this tile, or empty where it is not there. A log may drop a partial tile
   * once the full one exists: who asks for a partial tile and gets none asks for {@link
   * TilePath#full}.
   *
   * @throws IOException if the store cannot say
   */
  Optional<byte[]> readTile(TilePath path) throws IOException;
}
