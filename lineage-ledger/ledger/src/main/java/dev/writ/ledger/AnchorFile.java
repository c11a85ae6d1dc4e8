// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.SignedNote;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;

/**
 * The newest checkpoint in a file on other storage than the ledger's, so that a store which is put back
 * to an older copy contradicts it. Whoever puts both back is not noticed by it.
 *
 * <p>An empty file is the beginning: an operator makes one where a ledger that has leaves is to have an
 * anchor from now on. One that is missing then is no beginning, for that is what a machine looks like
 * whose disks were put back.
 */
final class AnchorFile implements Anchor {
  private static final Duration EVERY = Duration.ofSeconds(1);

  private final Path file;

  AnchorFile(Path file) {
    this.file = file.toAbsolutePath();
  }

  /**
   * What it holds; empty at the beginning.
   *
   * @param size number of leaves of the ledger
   * @throws LedgerException if it is missing although the ledger has leaves, or cannot be read
   */
  Optional<byte[]> read(long size) throws LedgerException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(SignedNote.MAX_BYTES + 1);
      return bytes.length == 0 ? Optional.empty() : Optional.of(bytes);
    } catch (NoSuchFileException e) {
      if (size == 0) {
        return Optional.empty();
      }
      throw new LedgerException(
          "ledger",
          this
              + " must be there, and is not, while the ledger has "
              + size
              + " leaves: find out whether both were put back. If this ledger is anchored from now on,"
              + " make an empty file there",
          e);
    } catch (IOException e) {
      throw new LedgerException("ledger", this + " must be readable (" + e + ")", e);
    }
  }

  @Override
  public void keep(SignedHead newest) throws LedgerException {
    try {
      put(newest.note());
    } catch (IOException e) {
      throw new LedgerException("ledger", this + " must be writable (" + e + ")", e);
    }
  }

  @Override
  public Duration every() {
    return EVERY;
  }

  /** Puts a checkpoint in the place of the one before, whole or not at all, and durably. */
  private void put(SignedNote note) throws IOException {
    Path whole = file.resolveSibling(file.getFileName() + ".next");
    Path ignored = Files.write(whole, note.bytes());
    try (FileChannel written = FileChannel.open(whole, StandardOpenOption.WRITE)) {
      written.force(true);
    }
    ignored = Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel folder = FileChannel.open(parent(), StandardOpenOption.READ)) {
      folder.force(true);
    }
  }

  private Path parent() {
    Path parent = file.getParent();
    if (parent == null) {
      throw new IllegalStateException("bug: an absolute file has a folder");
    }
    return parent;
  }

  /** What is in the ledger's own folder goes back with it. */
  void requireOutside(Path folder) throws LedgerException {
    if (parent().normalize().startsWith(folder.toAbsolutePath().normalize())) {
      throw new LedgerException(
          "ledger",
          this + " must lie outside the ledger's folder, best on other storage; name another file");
    }
  }

  @Override
  public String toString() {
    return "the anchor " + file;
  }
}
