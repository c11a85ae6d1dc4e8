// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedCheckpointException;
import dev.writ.tlog.MalformedNoteException;
import dev.writ.tlog.MalformedTileException;
import dev.writ.tlog.MissingTileException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TileTree;
import dev.writ.tlog.TiledLog;
import dev.writ.tlog.TreeAudit;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Checks a whole store while no ledger is open over it: the tree from its leaves, every stored tile, the
 * head, the checkpoint, what lies beside leaves, and the rows of state against the leaves that they come from. It changes nothing,
 * and goes on after a fault. Signatures it does not look at: which keys are believed, the store cannot say.
 */
public final class Fsck implements AutoCloseable {
  /**
   * What was checked.
   *
   * @param origin the log's name
   * @param size number of leaves by the head
   * @param root the head's
   * @param minimumIndex leaves below it were checked in the archive
   */
  public record Checked(
      String origin, long size, Hash root, long minimumIndex, PayloadCounts payloads) {}

  /**
   * How many leaves have, or had, something beside them.
   *
   * @param named payloads whose leaves name them, altered ones too
   * @param unnamed payloads whose leaves name none, as older versions wrote them: nothing vouches for them
   * @param erased payloads that leaves name and that are gone, which is no fault
   */
  public record PayloadCounts(long named, long unnamed, long erased) {}

  /** Without these nothing can be checked. */
  private static final List<String> TABLES =
      List.of("schema_version", "tree_head", "checkpoint", "leaf", "tile");

  private final ReadableStore database;
  private final StoreReader store;

  private Fsck(ReadableStore database) {
    this.database = database;
    this.store = new StoreReader(database);
  }

  /**
   * Takes the embedded store in {@code folder}, which may be one that cannot be written, and has no archive.
   *
   * @throws LedgerException if there is none, it cannot be read as it is, or a ledger is open over it
   */
  public static Fsck sqlite(Path folder) throws LedgerException {
    return of(SqliteConfig.in(folder));
  }

  /**
   * Takes the store that a configuration names. One that several nodes share is not locked: they are to be
   * stopped, and if it grows meanwhile that is said.
   *
   * @throws LedgerException if it cannot be read, or is embedded and there is none, or is open
   */
  public static Fsck of(StoreConfig config) throws LedgerException {
    if (config instanceof SqliteConfig sqlite) {
      SqliteFolder.Kind.LEDGER.requireIn(sqlite.folder());
      return of(SqliteAtRest.open(sqlite));
    }
    return of(Database.open(config));
  }

  /** Takes a database, which is closed with this. */
  static Fsck of(ReadableStore database) {
    return new Fsck(database);
  }

  /** Number of leaves by the head. */
  public long size() throws LedgerException {
    return head().head().size();
  }

  private TreeReads.HeadRow head() throws LedgerException {
    requireVersion();
    return store
        .read(statements -> new TreeReads(statements).head())
        .orElseThrow(() -> lost("a tree head"));
  }

  private static LedgerException lost(String what) {
    return new LedgerException(
        LedgerException.LOST,
        "the store must be a ledger's and have "
            + what
            + ", has none: if it is the right one, restore it from a copy that has the newest checkpoint");
  }

  private void requireTables() throws LedgerException {
    try (Connection connection = database.readers().getConnection()) {
      for (String table : TABLES) {
        try (ResultSet found =
            connection
                .getMetaData()
                .getTables(null, connection.getSchema(), table, new String[] {"TABLE"})) {
          if (!found.next()) {
            throw lost("a table " + table);
          }
        }
      }
    } catch (SQLException e) {
      throw LedgerException.of("the store must be readable", e);
    }
  }

  /**
   * Checks it all.
   *
   * @param faults is told what is not as it must be
   * @param progress is told how many leaves are done
   * @throws LedgerException if the store cannot be read, or is of another version
   */
  public Checked run(Consumer<TreeAudit.Fault> faults, LongConsumer progress)
      throws LedgerException {
    TreeReads.HeadRow row = head();
    Head head = row.head();
    long minimum = requireArchive();
    StoredLog log = new StoredLog(minimum);
    RowAudit rows = new RowAudit(store, head, minimum, faults);
    rows.leaves();
    rows.tiles();
    StateDerivation state = new StateDerivation(store, faults);
    PayloadAudit payloads = new PayloadAudit(store, faults);
    try {
      TreeAudit.run(
          log,
          head.size(),
          head.root(),
          new TreeAudit.Listener() {
            @Override
            public void entries(long first, List<byte[]> entries) throws IOException {
              progress.accept(first);
              try {
                payloads.leaves(first, first + entries.size(), state.leaves(first, entries));
              } catch (LedgerException e) {
                throw new IOException(e.getMessage(), e);
              }
            }

            @Override
            public void fault(TreeAudit.Fault fault) {
              faults.accept(fault);
            }
          });
      checkpoint(log, row, faults);
    } catch (IOException e) {
      throw StoredLog.failure(e);
    }
    state.finish();
    requireAtRest(head);
    return new Checked(row.origin(), head.size(), head.root(), minimum, payloads.counts());
  }

  private void requireAtRest(Head before) throws LedgerException {
    Head after = head().head();
    if (!after.equals(before)) {
      throw new LedgerException(
          "ledger",
          "the store must be at rest while it is checked, and its head was "
              + before
              + ", then "
              + after
              + ": stop all nodes, and check it again");
    }
  }

  private void requireVersion() throws LedgerException {
    requireTables();
    Schema.requireCurrent(store);
  }

  /**
   * An archive that is not there at all is no fault of each of its files.
   *
   * @return the minimum index
   */
  private long requireArchive() throws LedgerException {
    long minimum = store.tree(KeptTree::minimum);
    if (minimum == 0) {
      return minimum;
    }
    TileArchive archive =
        database
            .archive()
            .orElseThrow(
                () ->
                    new LedgerException(
                        TileArchive.CODE,
                        "the leaves before "
                            + minimum
                            + " are in an archive, which must be named to be checked: give the"
                            + " service's configuration, --config FILE"));
    archive.requireNewest(minimum);
    return minimum;
  }

  private void checkpoint(StoredLog log, TreeReads.HeadRow row, Consumer<TreeAudit.Fault> faults)
      throws IOException {
    Optional<byte[]> bytes = log.readCheckpoint();
    if (bytes.isEmpty()) {
      return;
    }
    String was;
    try {
      Checkpoint checkpoint = Checkpoint.parse(SignedNote.parse(bytes.get()).text());
      if (!checkpoint.origin().equals(row.origin()) || checkpoint.size() > row.head().size()) {
        was = "of " + checkpoint.origin() + " and " + checkpoint.size() + " leaves";
      } else {
        Hash root = new TileTree(log, checkpoint.size()).root();
        if (root.equals(checkpoint.root())) {
          return;
        }
        was =
            "of " + checkpoint.size() + " leaves over root " + checkpoint.root() + ", not " + root;
      }
    } catch (MalformedNoteException | MalformedCheckpointException e) {
      was = "none: " + e.getMessage();
    } catch (MalformedTileException | MissingTileException e) {
      was = "over tiles that are not whole: " + e.getMessage();
    }
    faults.accept(
        new TreeAudit.Fault(
            "checkpoint",
            "of " + row.origin() + ", at most " + row.head().size() + " leaves, and their root",
            was));
  }

  @Override
  public void close() {
    database.close();
  }

  /**
   * The store's own tables as a log's files, and those of the archive: nothing is proven here, for the audit
   * is to say what is wrong. A tile is cut to the width that is asked for.
   */
  private final class StoredLog implements TiledLog {
    private final long archived;
    private final TiledLog archive;

    StoredLog(long minimum) {
      this.archived = minimum / Tile.WIDTH;
      this.archive = database.archive().map(TileArchive::files).orElse(this);
    }

    @Override
    public Optional<byte[]> readCheckpoint() throws IOException {
      return read(statements -> new TreeReads(statements).checkpoint());
    }

    @Override
    public Optional<byte[]> readTile(TilePath path) throws IOException {
      if (path.level() == 0 && path.index() < archived) {
        return archive.readTile(path.full());
      }
      int length = path.width() * Hash.BYTES;
      // One that is too narrow is there, and malformed.
      return read(statements -> new TreeReads(statements).tileRow(path.level(), path.index()))
          .map(tile -> Arrays.copyOf(tile, Math.min(length, tile.length)));
    }

    @Override
    public Optional<byte[]> readEntryBundle(EntryBundlePath path) throws IOException {
      if (path.index() < archived) {
        return archive.readEntryBundle(path);
      }
      long first = path.index() * Tile.WIDTH;
      List<byte[]> leaves =
          read(statements -> new TreeReads(statements).leafRows(first, first + path.width()));
      return leaves.isEmpty() ? Optional.empty() : Optional.of(EntryBundle.encode(leaves));
    }

    private <T> T read(StoreReader.Read<T> read) throws IOException {
      try {
        return store.read(read);
      } catch (LedgerException e) {
        throw new IOException(e.getMessage(), e);
      }
    }

    static LedgerException failure(IOException failure) {
      return failure.getCause() instanceof LedgerException cause
          ? cause
          : new LedgerException("ledger", String.valueOf(failure.getMessage()), failure);
    }
  }
}
