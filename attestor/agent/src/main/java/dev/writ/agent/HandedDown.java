// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Optional;

/**
 * Where the bundle of what runs lies for who asks under it. The bundle is no secret and gives nobody
 * anything by itself: who asks under it has to have its key. The file is this execution's alone, and is gone
 * with it.
 */
final class HandedDown implements AutoCloseable {
  private static final String BESIDE = ".writ-new";

  private final Optional<Path> file;

  @GuardedBy("this")
  private boolean closed;

  private HandedDown(Optional<Path> file) {
    this.file = file;
  }

  /**
   * Takes the place before anything is asked for; nothing lies in it yet.
   *
   * @param file absent where nothing is handed down
   * @throws IOException if there is something, or nothing can be
   */
  static HandedDown at(Optional<Path> file) throws IOException {
    if (file.isPresent()) {
      try {
        created(file.get()).close();
      } catch (FileAlreadyExistsException e) {
        throw new IOException(
            "the file in which the bundle is handed down must be this execution's own, and "
                + file.get()
                + " is there already",
            e);
      }
    }
    return new HandedDown(file);
  }

  private static FileChannel created(Path path) throws IOException {
    return FileChannel.open(
        path,
        EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
  }

  /** Before the program starts, and when it goes on under another: who reads finds one or the other. */
  synchronized void fill(byte[] bundle) throws IOException {
    if (closed || file.isEmpty()) {
      return;
    }
    Path fresh = file.get().resolveSibling(file.get().getFileName() + BESIDE);
    boolean unusedLeft = Files.deleteIfExists(fresh);
    try {
      write(fresh, bundle);
      Path unused = Files.move(fresh, file.get(), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      boolean unused = Files.deleteIfExists(fresh);
    }
  }

  private static void write(Path fresh, byte[] bundle) throws IOException {
    try (FileChannel channel = created(fresh)) {
      ByteBuffer bytes = ByteBuffer.wrap(bundle);
      while (bytes.hasRemaining()) {
        int unused = channel.write(bytes);
      }
    }
  }

  /** What to tell where it cannot be filled. */
  static String failure(IOException cause) {
    return "the bundle must be handed down, and cannot be: " + Sentence.of(cause);
  }

  /** Takes it away; what cannot be taken away says less and less, until the artifact ends. */
  @Override
  public synchronized void close() {
    closed = true;
    if (file.isPresent()) {
      try {
        boolean unused = Files.deleteIfExists(file.get());
      } catch (IOException ignored) {
        // The next execution that is to use the place is refused, and says why.
      }
    }
  }
}
