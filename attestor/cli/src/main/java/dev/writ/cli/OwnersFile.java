// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A file that is its owner's alone. */
final class OwnersFile {
  private static final Set<PosixFilePermission> OWNERS =
      PosixFilePermissions.fromString("rwx------");

  private static final FileAttribute<?> MODE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private OwnersFile() {}

  /**
   * Its bytes, or one more than {@code limit}.
   *
   * @throws IOException also if others may read or write it
   */
  static byte[] read(Path file, int limit) throws IOException {
    require(file);
    return BoundedFile.read(file, limit);
  }

  /** Refuses one that others may read or write. */
  static void require(Path file) throws IOException {
    Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
    if (!OWNERS.containsAll(mode)) {
      throw new IOException(
          String.format(
              "%s must be its owner's alone, and its mode is %s: if nobody else has read it, run"
                  + " chmod 600 on it; otherwise make another in its place",
              file, PosixFilePermissions.toString(mode)));
    }
  }

  /** Takes the place of a file that does not exist yet. */
  static void take(Path file) throws IOException {
    Path ignored = Files.createFile(file, MODE);
  }

  /** Puts {@code content} in the place of a file, whole or not at all, and durably. */
  static void replace(Path file, byte[] content) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path whole = Files.createTempFile(absolute.getParent(), ".writ", null, MODE);
    try {
      Path ignored = Files.write(whole, content, StandardOpenOption.DSYNC);
      ignored = Files.move(whole, absolute, StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel folder = FileChannel.open(absolute.getParent(), StandardOpenOption.READ)) {
        folder.force(true);
      }
    } finally {
      boolean ignored = Files.deleteIfExists(whole);
    }
  }
}
