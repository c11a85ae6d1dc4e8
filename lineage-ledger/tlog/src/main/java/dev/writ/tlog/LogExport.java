// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Writes a log as files that any static web server serves: tiles, entry bundles, and at the end the
 * checkpoint, all of it proven before it is written.
 *
 * <p>A file is written beside its place, made durable and renamed into it, and so is whole or absent. One
 * that is there is read and proven instead of asked for, and never written again, so that an export that
 * was cut off goes on where it was, and a later one adds what the log grew by. The checkpoint alone is
 * replaced, by one whose tree begins with the tree of the one before.
 *
 * <p>One export writes to a folder at a time: {@code export.lock} in it is locked meanwhile, and stays.
 */
public final class LogExport {
  private static final String LOCK = "export.lock";

  /** What became of an export. */
  public sealed interface Outcome {
    /**
     * The folder holds the tree.
     *
     * @param size number of leaves
     * @param files how many were written
     */
    record Exported(long size, long files) implements Outcome {}

    /**
     * The folder stays at what it held, or short of a checkpoint.
     *
     * @param reason what must hold and what was
     */
    record Refused(String reason) implements Outcome {}
  }

  private final TiledLog log;
  private final Path folder;
  private final FolderWriter writer;
  private long written;

  private LogExport(TiledLog log, Path folder) {
    this.log = log;
    this.folder = folder;
    this.writer = new FolderWriter(folder);
  }

  /**
   * Exports the tree of {@code checkpoint}.
   *
   * @param note the checkpoint with its signatures, which the caller believes
   * @param progress is told how many leaves are in the folder
   * @throws IOException if the log cannot be read or the folder not be written, as while another export does
   */
  public static Outcome run(
      TiledLog log, Checkpoint checkpoint, SignedNote note, Path folder, LongConsumer progress)
      throws IOException {
    return new LogExport(log, folder).locked(checkpoint, note, progress);
  }

  private Outcome locked(Checkpoint checkpoint, SignedNote note, LongConsumer progress)
      throws IOException {
    writer.makeFolder();
    try (FileChannel channel =
        FileChannel.open(
            folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      if (!isLocked(channel)) {
        throw new FileSystemException(
            folder.toString(),
            null,
            "must be written by one export at a time, and another writes it: let that one end");
      }
      return run(checkpoint, note, progress);
    }
  }

  /** Takes the lock that ends with the channel, unless another process, or this one, has it. */
  private static boolean isLocked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private Outcome run(Checkpoint checkpoint, SignedNote note, LongConsumer progress)
      throws IOException {
    long size = checkpoint.size();
    VerifiedTiles tiles = new VerifiedTiles(new KeptFirst(), size, checkpoint.root());
    try {
      Optional<String> refused = behind(checkpoint, tiles);
      if (refused.isPresent()) {
        return new Outcome.Refused(refused.get());
      }
      for (long first = 0; first < size; first += Tile.WIDTH) {
        long index = first / Tile.WIDTH;
        EntryBundlePath bundle = EntryBundlePath.holding(first, size);
        write(bundle.text(), EntryBundle.encode(tiles.entries(index)));
        progress.accept(first + bundle.width());
      }
      for (int level = 0; TilePath.hashesAt(level, size) > 0; level++) {
        for (long hash = 0; hash < TilePath.hashesAt(level, size); hash += Tile.WIDTH) {
          TilePath path = TilePath.holding(level, hash, size);
          byte[] bytes =
              tiles
                  .readTile(path)
                  .orElseThrow(() -> new IllegalStateException("a bug: the tree has no " + path));
          write(path.text(), bytes);
        }
      }
      // Where locks do nothing, as on some network file systems, another may have gone further.
      refused = behind(checkpoint, tiles);
      if (refused.isPresent()) {
        return new Outcome.Refused(refused.get());
      }
    } catch (UnprovenException | MissingTileException e) {
      return new Outcome.Refused("the log and what the folder holds of it: " + e.getMessage());
    }
    writer.replace(FolderLog.CHECKPOINT, note.bytes());
    return new Outcome.Exported(size, written);
  }

  /** Why the folder cannot go on with this tree, if it cannot. */
  private Optional<String> behind(Checkpoint next, VerifiedTiles tiles) throws IOException {
    Optional<byte[]> bytes = new FolderLog(folder).readCheckpoint();
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    Checkpoint kept;
    try {
      kept = Checkpoint.parse(SignedNote.parse(bytes.get()).text());
    } catch (MalformedNoteException | MalformedCheckpointException e) {
      return Optional.of("the folder's checkpoint must be one, was not: " + e.getMessage());
    }
    if (!kept.origin().equals(next.origin())) {
      return Optional.of(
          "the folder must be of " + next.origin() + ", is of " + kept.origin() + ": name another");
    }
    if (kept.size() > next.size()) {
      return Optional.of(
          "the log must have the "
              + kept.size()
              + " leaves that the folder's checkpoint says, has "
              + next.size());
    }
    Hash root = rootAt(kept.size(), tiles);
    return root.equals(kept.root())
        ? Optional.empty()
        : Optional.of(
            "the log must begin with the tree of the folder's checkpoint, of "
                + kept.size()
                + " leaves and root "
                + kept.root()
                + ", had root "
                + root
                + " there: it was forked; keep both checkpoints");
  }

  private static Hash rootAt(long size, VerifiedTiles tiles) throws IOException {
    try {
      return new TileTree(tiles, size).root();
    } catch (MalformedTileException e) {
      throw new IllegalStateException("a bug: a tile that was proven could not be read", e);
    }
  }

  private void write(String name, byte[] bytes) throws IOException {
    Path file = folder.resolve(name);
    if (Files.exists(file)) {
      // What is there was read in place of the log's and proven.
      if (!Arrays.equals(Files.readAllBytes(file), bytes)) {
        throw UnprovenException.of(
            file.toString(), "what the tree has", "another, and is not written over");
      }
      return;
    }
    writer.replace(name, bytes);
    written++;
  }

  /** What the folder has is read from there. */
  private final class KeptFirst implements TiledLog {
    private final FolderLog kept = new FolderLog(folder);

    @Override
    public Optional<byte[]> readCheckpoint() throws IOException {
      return log.readCheckpoint();
    }

    @Override
    public Optional<byte[]> readTile(TilePath path) throws IOException {
      Optional<byte[]> found = kept.readTile(path);
      return found.isPresent() ? found : log.readTile(path);
    }

    @Override
    public Optional<byte[]> readEntryBundle(EntryBundlePath path) throws IOException {
      Optional<byte[]> found = kept.readEntryBundle(path);
      return found.isPresent() ? found : log.readEntryBundle(path);
    }
  }
}
