// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The folder of an embedded ledger, or of a witness, held by this process alone.
 *
 * <pre>
 * ledger.db         0600  the database; ledger.db-wal and ledger.db-shm are SQLite's own beside it
 * ledger.lock       0600  locked while a process has the ledger open; holds its process id
 * </pre>
 *
 * <p>A witness's are witness.db and witness.lock.
 */
final class SqliteFolder implements AutoCloseable {
  /** What is in a folder, as messages and files call it. */
  enum Kind {
    LEDGER("ledger"),
    WITNESS("witness");

    private final String word;

    Kind(String word) {
      this.word = word;
    }

    String database() {
      return word + ".db";
    }

    /** That there is one in {@code folder}, before anything is made there. */
    void requireIn(Path folder) throws LedgerException {
      if (!Files.isRegularFile(folder.resolve(database()))) {
        throw new LedgerException(
            "ledger",
            "the "
                + word
                + "'s folder "
                + folder
                + " must hold "
                + database()
                + ", and does not: name the one of the service's configuration");
      }
    }

    private String lock() {
      return word + ".lock";
    }
  }

  /** The {@link LedgerException#code} where a folder is held already. */
  private static final String OPEN = "ledger_open";

  /** What a folder is taken for. */
  private enum Use {
    READ("read", "check its owner and mode"),
    WRITE("write to", "name another, or mend its owner and mode");

    private final String what;
    private final String mend;

    Use(String what, String mend) {
      this.what = what;
      this.mend = mend;
    }
  }

  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
  private static final FileAttribute<?> FILE_0600 =
      PosixFilePermissions.asFileAttribute(OWNER_ONLY);
  private static final FileAttribute<?> FOLDER_0700 =
      PosixFilePermissions.asFileAttribute(
          EnumSet.of(
              PosixFilePermission.OWNER_READ,
              PosixFilePermission.OWNER_WRITE,
              PosixFilePermission.OWNER_EXECUTE));

  /**
   * Folders that this process holds. POSIX drops a process's lock on a file when the process closes
   * any descriptor of it, so a second attempt must be refused before it opens one.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Kind kind;
  private final Path path;
  private final Optional<FileChannel> lock;

  private SqliteFolder(Kind kind, Path path, Optional<FileChannel> lock) {
    this.kind = kind;
    this.path = path;
    this.lock = lock;
  }

  /** Makes a ledger's folder and its files where they are missing, and takes the lock. */
  static SqliteFolder take(Path folder) throws LedgerException {
    return take(folder, Kind.LEDGER);
  }

  /** The same for either kind. */
  static SqliteFolder take(Path folder, Kind kind) throws LedgerException {
    try {
      Files.createDirectories(folder, FOLDER_0700);
    } catch (IOException e) {
      throw unusable(kind, folder, Use.WRITE, e);
    }
    return hold(kind, folder, Use.WRITE, real -> Optional.of(lockWithDatabase(real, kind)));
  }

  /**
   * Takes a ledger's folder as it is, to read it: makes nothing. A lock that is there is shared with other
   * readers and keeps out who would write; where there is none, nobody has had the ledger open.
   */
  static SqliteFolder takeAtRest(Path folder) throws LedgerException {
    return hold(Kind.LEDGER, folder, Use.READ, real -> sharedLock(real, Kind.LEDGER));
  }

  /** The same; empty where somebody has the ledger open to write it. */
  static Optional<SqliteFolder> takeAtRestUnlessOpen(Path folder) throws LedgerException {
    try {
      return Optional.of(takeAtRest(folder));
    } catch (LedgerException e) {
      if (e.code().equals(OPEN)) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Takes the lock of a folder that nobody else in this process holds. */
  @FunctionalInterface
  private interface Locking {
    Optional<FileChannel> lock(Path real) throws IOException, LedgerException;
  }

  private static SqliteFolder hold(Kind kind, Path folder, Use use, Locking locking)
      throws LedgerException {
    Path real;
    try {
      real = folder.toRealPath();
    } catch (IOException e) {
      throw unusable(kind, folder, use, e);
    }
    if (!HELD.add(real)) {
      throw taken(kind, real, "this process");
    }
    boolean held = false;
    try {
      SqliteFolder taken = new SqliteFolder(kind, real, locking.lock(real));
      held = true;
      return taken;
    } catch (IOException e) {
      throw unusable(kind, real, use, e);
    } finally {
      if (!held) {
        HELD.remove(real);
      }
    }
  }

  private static Optional<FileChannel> sharedLock(Path folder, Kind kind)
      throws IOException, LedgerException {
    FileChannel channel;
    try {
      channel = FileChannel.open(folder.resolve(kind.lock()), StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    try {
      requireLock(channel, true, folder, kind);
      return Optional.of(channel);
    } catch (IOException | LedgerException e) {
      channel.close();
      throw e;
    }
  }

  private static void requireLock(FileChannel channel, boolean shared, Path folder, Kind kind)
      throws IOException, LedgerException {
    if (channel.tryLock(0, Long.MAX_VALUE, shared) == null) {
      throw taken(kind, folder, holder(channel));
    }
  }

  private static String holder(FileChannel lock) throws IOException {
    ByteBuffer pid = ByteBuffer.allocate(20);
    lock.read(pid, 0);
    return "process " + US_ASCII.decode(pid.flip());
  }

  private static FileChannel lockWithDatabase(Path folder, Kind kind)
      throws IOException, LedgerException {
    FileChannel channel =
        FileChannel.open(
            folder.resolve(kind.lock()),
            EnumSet.of(
                StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            FILE_0600);
    try {
      requireLock(channel, false, folder, kind);
      channel.truncate(0);
      channel.write(US_ASCII.encode(Long.toString(ProcessHandle.current().pid())), 0);
      makeDatabaseFile(folder.resolve(kind.database()));
      return channel;
    } catch (IOException | LedgerException e) {
      channel.close();
      throw e;
    }
  }

  private static void makeDatabaseFile(Path file) throws IOException, LedgerException {
    try {
      Files.createFile(file, FILE_0600);
    } catch (FileAlreadyExistsException e) {
      Set<PosixFilePermission> found = Files.getPosixFilePermissions(file);
      if (!OWNER_ONLY.containsAll(found)) {
        throw new LedgerException(
            "ledger",
            file
                + " must be readable by its owner alone (0600), was "
                + PosixFilePermissions.toString(found)
                + "; find out who could read or change it, then chmod 600 it",
            e);
      }
    }
    if (!Files.isWritable(file)) {
      throw new LedgerException(
          "ledger", file + " must be writable by this process; check its owner");
    }
  }

  private static LedgerException taken(Kind kind, Path folder, String holder) {
    return new LedgerException(
        OPEN,
        "the "
            + kind.word
            + " in "
            + folder
            + " must be open in one process at a time, and "
            + holder
            + " has it open; stop that one first");
  }

  private static LedgerException unusable(Kind kind, Path folder, Use use, IOException cause) {
    return new LedgerException(
        "ledger",
        "the "
            + kind.word
            + "'s folder "
            + folder
            + " must be a folder that this process can "
            + use.what
            + " ("
            + cause
            + "); "
            + use.mend,
        cause);
  }

  /** The database file. */
  Path file() {
    return path.resolve(kind.database());
  }

  /** Gives the lock back. */
  @Override
  public void close() {
    try {
      if (lock.isPresent()) {
        lock.get().close();
      }
    } catch (IOException e) {
      throw new IllegalStateException("a bug: closing a lock that is held failed", e);
    } finally {
      HELD.remove(path);
    }
  }
}
