// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MissingTileException;
import dev.writ.tlog.UnprovenException;
import java.io.IOException;
import java.util.List;

/**
 * A log as one signed checkpoint covers it. Whatever is given out is proven against that checkpoint first.
 */
public interface LeafSource {
  /** Most entries asked for at once. */
  int MAX_ENTRIES = 256;

  /** The checkpoint, which is believed. */
  Checkpoint checkpoint();

  /** The note that it came in, signatures and all. */
  byte[] note();

  /**
   * The entries from {@code start} on, before {@code end}, in order.
   *
   * @param start at least 0
   * @param end at most the checkpoint's size, and {@value #MAX_ENTRIES} more than {@code start}
   * @throws UnprovenException if the checkpoint does not cover what was shown
   * @throws MissingTileException if a tile of its tree is in no place
   * @throws IOException if the log cannot be read
   * @throws IndexOutOfBoundsException if these are not such entries
   */
  List<byte[]> entries(long start, long end) throws IOException;

  /**
   * The path of entry {@code index}.
   *
   * @throws IOException as for {@link #entries}
   * @throws IndexOutOfBoundsException if the checkpoint covers no such entry
   */
  InclusionProof proof(long index) throws IOException;
}
