// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * Writes files below a folder, each whole and durable or absent: beside its place, forced, brought into it
 * by one step, the folder forced. A crash leaves at most a file whose name ends in {@code .tmp}, which
 * nobody reads. Not safe for use by several threads at once.
 */
public final class FolderWriter {
  private static final String UNFINISHED = ".tmp";

  private final Path folder;
  private final Set<Path> made = new HashSet<>();
  private final Set<Path> unsettled = new HashSet<>();

  /** Writes below {@code folder}. */
  public FolderWriter(Path folder) {
    this.folder = folder.toAbsolutePath();
  }

  /** Makes the folder itself, where it is missing. */
  public void makeFolder() throws IOException {
    make(folder);
  }

  /** Puts a file in the place of whatever is there; the only one to do so. */
  public void replace(String name, byte[] bytes) throws IOException {
    Path file = folder.resolve(name);
    Path parent = folderOf(file);
    Path whole = parent.resolve(file.getFileName() + UNFINISHED);
    write(whole, bytes);
    var unused = Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
    sync(parent);
  }

  /**
   * Adds a file unless there is one, which is never written over; others may do so at the same time. Its
   * name is durable once {@link #settle} has returned. The file system must have hard links: a rename would
   * replace what came meanwhile.
   *
   * @return whether the file has these bytes, read back from it
   */
  public boolean add(String name, byte[] bytes) throws IOException {
    try {
      Path file = folder.resolve(name);
      Path parent = folderOf(file);
      if (!Files.exists(file)) {
        link(parent, file, bytes);
      }
      // Also where somebody else made it, who may have died before it was durable.
      unsettled.add(parent);
      return Files.size(file) == bytes.length && Arrays.equals(Files.readAllBytes(file), bytes);
    } catch (IOException e) {
      // Another folder may be mounted here now.
      made.clear();
      throw e;
    }
  }

  /** Makes the names of all files that were added durable. */
  public void settle() throws IOException {
    for (Path each : unsettled) {
      sync(each);
    }
    unsettled.clear();
  }

  private static void link(Path parent, Path file, byte[] bytes) throws IOException {
    Path whole = parent.resolve(file.getFileName() + "." + UUID.randomUUID() + UNFINISHED);
    try {
      write(whole, bytes);
      var unused = Files.createLink(file, whole);
    } catch (FileAlreadyExistsException e) {
      // Somebody else was first; what they wrote is compared.
    } catch (UnsupportedOperationException e) {
      throw new IOException(parent + " must be on a file system with hard links, is not", e);
    } finally {
      var unused = Files.deleteIfExists(whole);
    }
  }

  private static void write(Path whole, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            whole,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer rest = ByteBuffer.wrap(bytes);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      channel.force(true);
    }
  }

  private Path folderOf(Path file) throws IOException {
    Path parent = Objects.requireNonNull(file.getParent());
    make(parent);
    return parent;
  }

  /** A folder's name is durable once the folder above it is. */
  private void make(Path parent) throws IOException {
    if (!made.add(parent)) {
      return;
    }
    Path above = parent.getParent();
    boolean below = parent.startsWith(folder) && !parent.equals(folder);
    if (above == null || (!below && Files.isDirectory(parent))) {
      return;
    }
    make(above);
    try {
      var unused = Files.createDirectory(parent);
    } catch (FileAlreadyExistsException e) {
      // Of before, or made by somebody else meanwhile.
    }
    sync(above);
  }

  private static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
