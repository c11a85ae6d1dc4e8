// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import java.io.IOException;
import java.util.Optional;

/** Where the files of a log lie (c2sp.org/tlog-tiles). Nobody is believed for showing one. */
@FunctionalInterface
public interface LogFiles {
  /**
   * A file, or nothing where there is none.
   *
   * @param path below the log's prefix: {@code checkpoint}, or what {@link dev.writ.tlog.TilePath} and
   *     {@link dev.writ.tlog.EntryBundlePath} spell
   * @param maxBytes longest accepted
   * @throws IOException if nobody can say, or it is longer
   */
  Optional<byte[]> read(String path, int maxBytes) throws IOException;
}
