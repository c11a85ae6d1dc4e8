// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.NoteKey;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.WitnessRule.Seen;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * What a witness has cosigned, in a SQLite file of its own.
 *
 * <p>One statement puts a tree in the place of the one before, if that is still there, and is durable
 * when it returns ({@code synchronous=FULL}): of two that take one place one wins. If the process dies
 * before the statement's commit, nothing was answered and nothing is kept. If it dies after, the log has
 * no answer, and learns the stored size when it asks again; the tree that was stored is one that its key
 * signed. So no cosignature is known to anybody whose tree is not kept.
 */
final class WitnessStore implements AutoCloseable {
  private static final int VERSION = 1;
  private static final int BUSY_MILLIS = 2_000;
  private static final Pattern COMMENT = Pattern.compile("(?m)^\\s*--.*$");

  private static final String WHOSE = "SELECT version, vkey FROM witness";
  private static final String BEGIN = "INSERT INTO witness (id, version, vkey) VALUES (1, ?, ?)";
  private static final String FIND = "SELECT size, root, time, note FROM seen WHERE origin = ?";
  private static final String FIRST =
      "INSERT INTO seen (origin, size, root, time, note) VALUES (?, ?, ?, ?, ?)"
          + " ON CONFLICT (origin) DO NOTHING";
  private static final String NEXT =
      "UPDATE seen SET size = ?, root = ?, time = ?, note = ?"
          + " WHERE origin = ? AND size = ? AND root = ? AND time <= ? AND size <= ?";

  /**
   * The newest tree that was cosigned of a log.
   *
   * @param time of the cosignature
   * @param note the checkpoint with the log's lines and the cosignature
   */
  record Cosigned(Seen seen, Instant time, byte[] note) {}

  private final SqliteFolder folder;

  /** Null after a failure, until it is needed again. */
  private @Nullable Connection connection;

  private WitnessStore(SqliteFolder folder) {
    this.folder = folder;
  }

  /**
   * Makes the store of the witness with {@code key}.
   *
   * @throws LedgerException if there is one already: its trees would be forgotten
   */
  static void make(Path path, NoteKey key) throws LedgerException {
    try (SqliteFolder folder = SqliteFolder.take(path, SqliteFolder.Kind.WITNESS);
        Connection connection = connect(folder.file())) {
      connection.setAutoCommit(false);
      if (hasTables(connection)) {
        throw new LedgerException(
            "witness", path + " must not be a witness's folder yet, and is; name another");
      }
      try (Statement statement = connection.createStatement()) {
        for (String sql : COMMENT.matcher(schema()).replaceAll("").split(";")) {
          if (!sql.isBlank()) {
            statement.executeUpdate(sql);
          }
        }
      }
      new Statements(connection).update(BEGIN, VERSION, key.vkey());
      connection.commit();
    } catch (SQLException e) {
      throw LedgerException.of("a witness's store must be made in " + path, e);
    }
  }

  /**
   * Opens the store of the witness with {@code key}. A folder without one is refused: a witness that
   * begins anew under its old key would cosign any tree.
   */
  static WitnessStore open(Path path, NoteKey key) throws LedgerException {
    if (!Files.isDirectory(path)) {
      throw new LedgerException(
          "witness", path + " must be a witness's folder, is none; make one by writ witness init");
    }
    WitnessStore store = new WitnessStore(SqliteFolder.take(path, SqliteFolder.Kind.WITNESS));
    try {
      store.requireOwn(path, key);
      return store;
    } catch (LedgerException | RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private void requireOwn(Path path, NoteKey key) throws LedgerException {
    boolean made = read("the witness's store must be readable", WitnessStore::hasTables);
    if (!made) {
      throw new LedgerException(
          "witness",
          path
              + " must hold what this witness cosigned, and holds nothing: bring the folder back, or"
              + " make another witness, with a key of its own, by writ witness init");
    }
    String[] whose =
        read(
            "the witness's store must be readable",
            open ->
                new Statements(open)
                    .first(row -> new String[] {row.getString(1), row.getString(2)}, WHOSE)
                    .orElse(new String[] {"none", "none"}));
    if (!whose[0].equals(Integer.toString(VERSION))) {
      throw new LedgerException(
          "witness", "the store's version must be " + VERSION + ", was " + whose[0]);
    }
    if (!whose[1].equals(key.vkey())) {
      throw new LedgerException(
          "witness",
          "the store must be of the witness "
              + key.vkey()
              + ", is of "
              + whose[1]
              + ": name the key that it was made with, or another folder");
    }
  }

  /** What was cosigned last of the log with this origin. */
  Optional<Cosigned> find(String origin) throws LedgerException {
    return read(
        "what was cosigned must be readable",
        open ->
            new Statements(open)
                .first(
                    row ->
                        new Cosigned(
                            new Seen(row.getLong(1), Statements.hash(row, 2)),
                            Instant.ofEpochSecond(row.getLong(3)),
                            row.getBytes(4)),
                    FIND,
                    origin));
  }

  /**
   * Puts {@code next} in the place of {@code before}, durably.
   *
   * @return false if something else is there, or was cosigned at a later time: nothing is changed
   */
  boolean replace(String origin, Optional<Seen> before, Seen next, Instant time, SignedNote note)
      throws LedgerException {
    return read(
        "what is cosigned must be stored",
        open -> {
          Statements statements = new Statements(open);
          int rows =
              before.isEmpty()
                  ? statements.update(
                      FIRST, origin, next.size(), next.root(), time.getEpochSecond(), note.bytes())
                  : statements.update(
                      NEXT,
                      next.size(),
                      next.root(),
                      time.getEpochSecond(),
                      note.bytes(),
                      origin,
                      before.get().size(),
                      before.get().root(),
                      time.getEpochSecond(),
                      next.size());
          return rows == 1;
        });
  }

  /** Uses the connection. */
  @FunctionalInterface
  private interface Use<T> {
    T of(Connection connection) throws SQLException;
  }

  private synchronized <T> T read(String what, Use<T> use) throws LedgerException {
    try {
      Connection open = connection;
      if (open == null) {
        open = connect(folder.file());
        connection = open;
        // After a commit that failed, memory may show what no disk has: from here on it is there.
        try (Statement statement = open.createStatement()) {
          statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
      }
      return use.of(open);
    } catch (SQLException e) {
      drop();
      throw LedgerException.of(what, e);
    }
  }

  private void drop() {
    Connection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        // It failed before; the next one finds out what is there.
      }
    }
  }

  private static Connection connect(Path file) throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    config.setBusyTimeout(BUSY_MILLIS);
    return config.createConnection("jdbc:sqlite:" + file);
  }

  private static boolean hasTables(Connection connection) throws SQLException {
    try (ResultSet tables =
        connection.getMetaData().getTables(null, null, "%", new String[] {"TABLE"})) {
      return tables.next();
    }
  }

  private static String schema() {
    try (InputStream in = WitnessStore.class.getResourceAsStream("witness-1.sql")) {
      if (in == null) {
        throw new IllegalStateException("a bug: the jar has no witness-1.sql");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("a bug: the jar's witness-1.sql cannot be read", e);
    }
  }

  @Override
  public synchronized void close() {
    drop();
    folder.close();
  }
}
