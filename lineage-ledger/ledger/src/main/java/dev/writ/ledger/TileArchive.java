// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.CompactRange;
import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.FolderLog;
import dev.writ.tlog.FolderWriter;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedEntryBundleException;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TiledLog;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The files of leaves that left the store, named as c2sp.org/tlog-tiles does. They are believed nothing: a
 * tile is proven by the hash that the store has of it, a bundle by its tile, before anybody uses it. What is
 * missing or another is a failure with the code {@value ArchiveConfig#FAILED}.
 *
 * <p>Reads may come from any number of threads, {@link #add} and {@link #settle} from one.
 */
final class TileArchive {
  /** Code of the failures. */
  static final String CODE = ArchiveConfig.FAILED;

  private static final String BRING_BACK =
      "; bring it back from a copy, such as one that writ ledger export made";

  private final ArchiveConfig config;
  private final FolderLog files;
  private final FolderWriter writer;

  TileArchive(ArchiveConfig config) {
    this.config = config;
    this.files = new FolderLog(config.folder());
    this.writer = new FolderWriter(config.folder());
  }

  ArchiveConfig config() {
    return config;
  }

  /** Its files, not proven. */
  TiledLog files() {
    return files;
  }

  /** A folder that is not mounted looks like an empty one, or like none. */
  void requireThere() throws LedgerException {
    if (!Files.isDirectory(config.folder())) {
      throw new LedgerException(
          CODE,
          this
              + " must be a folder, and is not: mount it, or make it where the ledger is to have one"
              + " from now on");
    }
  }

  void requireWritable() throws LedgerException {
    requireThere();
    if (!Files.isWritable(config.folder())) {
      throw new LedgerException(
          CODE, this + " must be writable by this process, is not: mend its owner and mode");
    }
  }

  /** That the newest of it is there, whatever it holds. */
  void requireNewest(long minimum) throws LedgerException {
    requireThere();
    TilePath newest = new TilePath(0, minimum / Tile.WIDTH - 1, Tile.WIDTH);
    byte[] unused = read(newest.text(), () -> files.readTile(newest));
  }

  /** The tile of level 0 at {@code index}, whose hash is {@code above}. */
  byte[] tile(long index, Hash above) throws LedgerException {
    TilePath path = new TilePath(0, index, Tile.WIDTH);
    byte[] bytes = read(path.text(), () -> files.readTile(path));
    if (bytes.length != TiledLog.MAX_TILE_BYTES || !root(bytes).equals(above)) {
      throw failure(path.text(), "the tile of root " + above + ", is another", null);
    }
    return bytes;
  }

  static Hash root(byte[] fullTile) {
    CompactRange range = new CompactRange();
    for (int at = 0; at < fullTile.length; at += Hash.BYTES) {
      range.append(Hash.copyOf(fullTile, at));
    }
    return range.root();
  }

  /** The leaves of bundle {@code index}, whose hashes {@code tile} has. */
  List<byte[]> leaves(long index, byte[] tile) throws LedgerException {
    EntryBundlePath path = new EntryBundlePath(index, Tile.WIDTH);
    byte[] bytes = read(path.text(), () -> files.readEntryBundle(path));
    try {
      List<byte[]> leaves = EntryBundle.decode(path, bytes);
      Optional<String> fault = FullBundle.fault(index, tile, leaves);
      if (fault.isPresent()) {
        throw new LedgerException(CODE, this + ": " + path + " " + fault.get() + BRING_BACK);
      }
      return leaves;
    } catch (MalformedEntryBundleException e) {
      throw failure(path.text(), "an entry bundle, is not: " + e.getMessage(), e);
    }
  }

  /** Reads a file. */
  @FunctionalInterface
  private interface Read {
    Optional<byte[]> get() throws IOException;
  }

  private byte[] read(String name, Read read) throws LedgerException {
    try {
      return read.get().orElseThrow(() -> failure(name, "there, is not", null));
    } catch (IOException e) {
      throw failure(name, "readable, is not (" + e + ")", e);
    }
  }

  /**
   * Adds a file, which is there for good once {@link #settle} has returned.
   *
   * @throws LedgerException if it cannot be, or there is another of its name, which stays
   */
  void add(String name, byte[] bytes) throws LedgerException {
    try {
      if (!writer.add(name, bytes)) {
        throw new LedgerException(
            CODE,
            this
                + ": "
                + name
                + " must be what this ledger has, is another's: it is not written over, and nothing"
                + " was dropped; find out whose folder it is, or remove the file if it was damaged");
      }
    } catch (IOException e) {
      throw new LedgerException(CODE, this + ": " + name + " must be writable (" + e + ")", e);
    }
  }

  /** Makes all that was added durable. */
  void settle() throws LedgerException {
    try {
      writer.settle();
    } catch (IOException e) {
      throw new LedgerException(CODE, this + " must be writable (" + e + ")", e);
    }
  }

  private LedgerException failure(String name, String mustBe, @Nullable Exception cause) {
    String text = this + ": " + name + " must be " + mustBe + BRING_BACK;
    return cause == null ? new LedgerException(CODE, text) : new LedgerException(CODE, text, cause);
  }

  @Override
  public String toString() {
    return "the archive " + config.folder();
  }
}
