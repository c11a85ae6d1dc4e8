// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.PrivateFolder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A file of a spool that this process owns while this is open, by the operating system's lock on it.
 *
 * <p>Such a lock ends when <em>any</em> of the process's descriptors of the file is closed. So the
 * process knows which files it owns, opens no such file twice, and reads one through its channel alone.
 */
final class SpoolFile implements AutoCloseable {
  /** Without their last name part: a file is owned under each name that it has. */
  private static final Set<Path> OWNED = ConcurrentHashMap.newKeySet();

  private final Path stem;
  private final FileChannel channel;
  private Path path;

  private SpoolFile(Path stem, Path path, FileChannel channel) {
    this.stem = stem;
    this.path = path;
    this.channel = channel;
  }

  /** A new file, of which {@code room} bytes are written, so that nothing else can take their place. */
  static SpoolFile create(PrivateFolder folder, String name, String suffix, int room)
      throws IOException {
    Path stem = folder.path(name);
    if (!OWNED.add(stem)) {
      throw new IllegalStateException("bug: two files of one name in a spool");
    }
    SpoolFile file = null;
    try {
      FileChannel channel = folder.create(name + suffix);
      file = new SpoolFile(stem, folder.path(name + suffix), channel);
      FileLock ignored = channel.lock();
      PrivateFolder.writeFully(channel, 0, ByteBuffer.allocate(room));
      channel.force(true);
      folder.sync();
      return file;
    } catch (IOException e) {
      if (file == null) {
        boolean ignored = OWNED.remove(stem);
      } else {
        file.discard(e);
      }
      throw e;
    }
  }

  private void discard(IOException cause) {
    try (this) {
      delete();
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  /** The file, or null where it is gone or owned, by this process or another. */
  static @Nullable SpoolFile tryOwn(PrivateFolder folder, String name, String suffix)
      throws IOException {
    Path stem = folder.path(name);
    if (!OWNED.add(stem)) {
      return null;
    }
    SpoolFile owned = null;
    try {
      owned = lock(stem, folder.path(name + suffix));
      return owned;
    } finally {
      if (owned == null) {
        boolean ignored = OWNED.remove(stem);
      }
    }
  }

  private static @Nullable SpoolFile lock(Path stem, Path path) throws IOException {
    FileChannel channel;
    try {
      channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    } catch (NoSuchFileException e) {
      return null;
    }
    boolean owned = false;
    try {
      // Its owner may have moved or deleted it since it was opened.
      owned = channel.tryLock() != null && Files.exists(path);
      return owned ? new SpoolFile(stem, path, channel) : null;
    } finally {
      if (!owned) {
        channel.close();
      }
    }
  }

  /** At most {@code most} bytes of it. */
  byte[] read(int most) throws IOException {
    ByteBuffer content = ByteBuffer.allocate(most);
    PrivateFolder.readFully(channel, 0, content);
    byte[] bytes = new byte[content.position()];
    content.flip().get(bytes);
    return bytes;
  }

  /** Puts {@code content}, which is no longer than the room, in the place of what was there. */
  void write(byte[] content) throws IOException {
    PrivateFolder.writeFully(channel, 0, ByteBuffer.wrap(content));
    FileChannel ignored = channel.truncate(content.length);
    channel.force(true);
  }

  /** Gives it another suffix; it stays owned. */
  void rename(String suffix) throws IOException {
    path =
        Files.move(
            path, stem.resolveSibling(stem.getFileName() + suffix), StandardCopyOption.ATOMIC_MOVE);
  }

  void delete() throws IOException {
    Files.delete(path);
  }

  /** Where it is. */
  Path path() {
    return path;
  }

  /** It is nobody's. */
  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      boolean ignored = OWNED.remove(stem);
    }
  }
}
