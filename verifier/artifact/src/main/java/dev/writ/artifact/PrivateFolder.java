// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A folder that is one user's alone, whose files outlive a crash and which several processes use at
 * once: mode 0700, files 0600, on a Linux file system.
 *
 * <p>Its lock is the operating system's on the file {@code lock}, which ends with its process however
 * that ends. Such a lock is the whole process's, and is lost when any of the process's descriptors of
 * that file is closed; so the threads of a process take a lock among themselves first.
 */
public final class PrivateFolder {
  private static final String LOCK = "lock";
  private static final String PROBE = "room.tmp";
  private static final String UNFINISHED = "new.tmp";

  /** More than any one file written here takes, but for a memory of many uses. */
  private static final int ROOM = 64 * 1024;

  private static final int MOST_FILES = 65_536;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int TYPE_BITS = 0xf000;
  private static final int TYPE_FOLDER = 0x4000;
  private static final int OTHERS_BITS = 0x3f;

  private static final FileAttribute<Set<PosixFilePermission>> FOLDER_MODE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<Set<PosixFilePermission>> FILE_MODE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private static final ReentrantLock IN_THIS_PROCESS = new ReentrantLock();

  /**
   * What is done while the folder's lock is held.
   *
   * @param <T> what comes of it
   */
  public interface Work<T> {
    /** Does it. */
    T run() throws IOException;
  }

  private final Path folder;

  private PrivateFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * The folder, made if it is missing.
   *
   * @param folder its parent exists
   * @throws IOException if it is no folder, belongs to another user, is open to others, cannot be
   *     written, or lies on a full disk
   */
  public static PrivateFolder open(Path folder) throws IOException {
    try {
      if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
        create(folder);
      }
      requirePrivate(
          folder, (Integer) Files.getAttribute(folder, "unix:mode", LinkOption.NOFOLLOW_LINKS));
      PrivateFolder opened = new PrivateFolder(folder.toRealPath());
      Object owner = Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
      Object user = opened.locked(opened::probe);
      if (!user.equals(owner)) {
        throw new IOException("it belongs to user " + owner + ", and this process is user " + user);
      }
      return opened;
    } catch (IOException e) {
      throw new IOException(
          String.format(
              "%s must be a folder of this user, with mode 0700, that can be written and has room for"
                  + " %d KiB, and is not: %s",
              folder, ROOM / 1024, e),
          e);
    }
  }

  private static void create(Path folder) throws IOException {
    try {
      sync(Files.createDirectory(folder, FOLDER_MODE).resolve(".."));
    } catch (FileAlreadyExistsException e) {
      // Another process made it in this moment, or something else is there: its mode will tell.
      return;
    }
  }

  private static void requirePrivate(Path folder, int mode) throws IOException {
    if ((mode & TYPE_BITS) != TYPE_FOLDER) {
      throw new IOException("it is another kind of file");
    }
    if ((mode & OTHERS_BITS) != 0) {
      throw new IOException(
          String.format(
              "its mode is %04o: if nobody has changed what is in it, run chmod 700 %s",
              mode & 0xfff, folder));
    }
  }

  /** Takes room and gives it back; a file made now also tells as whom this process writes. */
  private Object probe() throws IOException {
    Path file = folder.resolve(PROBE);
    try {
      remove(file);
      try (FileChannel channel = create(PROBE)) {
        writeFully(channel, 0, ByteBuffer.allocate(ROOM));
      }
      return Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    } finally {
      remove(file);
    }
  }

  /** Where the file of this name is, or would be: absolute, without links. */
  public Path path(String name) {
    return folder.resolve(name);
  }

  /**
   * The names of all files.
   *
   * @throws IOException if they cannot be read, or are more than 65,536
   */
  public List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        names.add(file.getFileName().toString());
        if (names.size() > MOST_FILES) {
          throw new IOException(folder + " must have at most " + MOST_FILES + " files, has more");
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  /**
   * Does {@code work} while no other thread or process does any under this folder's lock. It must not
   * take the lock again.
   *
   * @throws IOException if the work throws it, or the lock is not had within ten seconds
   */
  public <T> T locked(Work<T> work) throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    try {
      if (!IN_THIS_PROCESS.tryLock(PATIENCE.toNanos(), TimeUnit.NANOSECONDS)) {
        throw late();
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
    try (FileChannel channel =
        FileChannel.open(
            folder.resolve(LOCK),
            Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE),
            FILE_MODE)) {
      awaitLock(channel, end);
      return work.run();
    } finally {
      IN_THIS_PROCESS.unlock();
    }
  }

  private void awaitLock(FileChannel channel, long end) throws IOException {
    FileLock lock = channel.tryLock();
    for (long millis = 1; lock == null; millis = Math.min(2 * millis, 16)) {
      if (System.nanoTime() - end > 0) {
        throw late();
      }
      try {
        Thread.sleep(millis);
      } catch (InterruptedException e) {
        throw interrupted();
      }
      lock = channel.tryLock();
    }
  }

  private IOException late() {
    return new IOException(
        folder.resolve(LOCK)
            + " must be free within "
            + PATIENCE.toSeconds()
            + " s, and another process or thread holds it");
  }

  private static InterruptedIOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("the thread must not be interrupted while it waits, and was");
  }

  /**
   * The content of a file.
   *
   * @param most how long it may be, in bytes
   * @throws java.nio.file.NoSuchFileException if there is none
   */
  byte[] read(String name, int most) throws IOException {
    try (InputStream in = Files.newInputStream(path(name))) {
      byte[] content = in.readNBytes(most + 1);
      if (content.length > most) {
        throw new IOException(path(name) + " must have at most " + most + " bytes, has more");
      }
      return content;
    }
  }

  /** Puts a file in the place of one that may be there, whole or not at all, under the lock. */
  void replace(String name, byte[] content) throws IOException {
    Path unfinished = path(UNFINISHED);
    try {
      remove(unfinished);
      try (FileChannel channel = create(UNFINISHED)) {
        writeFully(channel, 0, ByteBuffer.wrap(content));
        channel.force(true);
      }
      Path ignored = Files.move(unfinished, path(name), StandardCopyOption.ATOMIC_MOVE);
      sync();
    } finally {
      remove(unfinished);
    }
  }

  private static void remove(Path file) throws IOException {
    boolean ignored = Files.deleteIfExists(file);
  }

  /**
   * A new file, to read and to write.
   *
   * @throws java.nio.file.FileAlreadyExistsException if there is one
   */
  public FileChannel create(String name) throws IOException {
    return FileChannel.open(
        path(name),
        Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
        FILE_MODE);
  }

  /** Makes the names of the folder's files durable. */
  public void sync() throws IOException {
    sync(folder);
  }

  private static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Writes all of {@code bytes} from offset {@code at} on. */
  public static void writeFully(FileChannel channel, long at, ByteBuffer bytes) throws IOException {
    long next = at;
    while (bytes.hasRemaining()) {
      next += channel.write(bytes, next);
    }
  }

  /** Reads from offset {@code at} on until {@code bytes} is full or the file ends. */
  public static void readFully(FileChannel channel, long at, ByteBuffer bytes) throws IOException {
    long next = at;
    while (bytes.hasRemaining()) {
      int read = channel.read(bytes, next);
      if (read < 0) {
        return;
      }
      next += read;
    }
  }

  @Override
  public String toString() {
    return folder.toString();
  }
}
