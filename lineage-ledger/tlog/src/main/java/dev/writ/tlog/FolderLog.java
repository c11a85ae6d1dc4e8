// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A log in a folder, whose files have the names of c2sp.org/tlog-tiles below it, as a static web server
 * would serve them.
 *
 * @param folder holds {@code checkpoint} and {@code tile}
 */
public record FolderLog(Path folder) implements TiledLog {
  /** Name of the checkpoint's file. */
  public static final String CHECKPOINT = "checkpoint";

  @Override
  public Optional<byte[]> readCheckpoint() throws IOException {
    return read(CHECKPOINT, SignedNote.MAX_BYTES);
  }

  @Override
  public Optional<byte[]> readTile(TilePath path) throws IOException {
    return read(path.text(), MAX_TILE_BYTES);
  }

  @Override
  public Optional<byte[]> readEntryBundle(EntryBundlePath path) throws IOException {
    return read(path.text(), MAX_BUNDLE_BYTES);
  }

  /** One byte more than a file may have is enough for its parser to refuse it. */
  private Optional<byte[]> read(String name, int limit) throws IOException {
    try (InputStream in = Files.newInputStream(folder.resolve(name))) {
      return Optional.of(in.readNBytes(limit + 1));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }
}
