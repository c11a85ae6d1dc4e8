// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TiledLog;
import dev.writ.tlog.VerifiedTiles;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A ledger's store, read while whoever writes it goes on, or while nobody has it open. Nothing in it is
 * changed. Each leaf is proven under the head that the store had when this was opened; what lies beside
 * leaves, and the state, are given as they lie there. Safe for use by any number of threads.
 */
public final class StoredLedger extends CommittedState implements RecordedLog, AutoCloseable {
  /** The {@link LedgerException#code} where the store does not hold what its head covers. */
  public static final String CONTRADICTS = "log_contradicts";

  /** Most leaves that are given at once. */
  public static final int BUNDLE = Tile.WIDTH;

  private final ReadableStore database;
  private final StoreReader store;
  private final String origin;
  private final Head head;

  @GuardedBy("tiles")
  private final VerifiedTiles tiles;

  private StoredLedger(
      ReadableStore database, StoreReader store, TreeReads.HeadRow row, InstantSource clock) {
    super(store, clock);
    this.database = database;
    this.store = store;
    this.origin = row.origin();
    this.head = row.head();
    this.tiles = new VerifiedTiles(new Rows(), head.size(), head.root());
  }

  /**
   * A leaf as it lies in the store.
   *
   * @param bytes whatever lies there
   * @param isProven whether they are those that the tree has
   */
  public record StoredLeaf(long index, byte[] bytes, boolean isProven) {
    /** Copies the bytes. */
    public StoredLeaf {
      bytes = bytes.clone();
    }

    @Override
    public byte[] bytes() {
      return bytes.clone();
    }

    /** The leaf's hash, as its children name it. */
    public Hash hash() {
      return MerkleTree.leafHash(bytes);
    }
  }

  /**
   * Opens the store that a configuration names. One that nobody has open is kept from being opened to be
   * written meanwhile, and is read without changing a byte of its folder.
   *
   * @param clock says which artifacts live
   * @throws LedgerException if there is none, it cannot be read, or is of another version
   */
  public static StoredLedger open(StoreConfig config, InstantSource clock) throws LedgerException {
    ReadableStore database = SqliteBeside.openToRead(config);
    try {
      StoreReader store = new StoreReader(database);
      Schema.requireCurrent(store);
      TreeReads.HeadRow row =
          store
              .read(statements -> new TreeReads(statements).head())
              .orElseThrow(
                  () ->
                      new LedgerException(
                          LedgerException.LOST,
                          "the store must be a ledger's and have a tree head, has none: if it is the"
                              + " right one, restore it from a copy"));
      return new StoredLedger(database, store, row, clock);
    } catch (LedgerException | RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /** The log's name. */
  public String origin() {
    return origin;
  }

  /** The log as tiles, entries and the newest signed checkpoint: nothing in it is proven. */
  public TiledLog log() {
    return new Rows();
  }

  /** Number of leaves when this was opened. */
  @Override
  public long size() {
    return head.size();
  }

  /** The root of the tree over them: what is proven is proven under it. */
  public Hash root() {
    return head.root();
  }

  /**
   * The leaves from {@code start} to before {@code end}, which are of one bundle.
   *
   * @throws LedgerException with {@link #CONTRADICTS} if the tree's tiles do not lead to its root, or a
   *     leaf is missing
   * @throws IndexOutOfBoundsException if the tree has no such leaves
   */
  @Override
  public List<StoredLeaf> leaves(long start, long end) throws LedgerException {
    if (start < 0 || start >= end || end > size() || start / BUNDLE != (end - 1) / BUNDLE) {
      throw new IndexOutOfBoundsException(
          "leaves must be of one bundle and of " + size() + ", were " + start + " to " + end);
    }
    byte[] hashes = hashes(start);
    List<byte[]> found = store.tree(tree -> tree.leaves(start, end));
    if (found.size() != end - start) {
      throw contradiction(
          "the leaves from "
              + start
              + " to before "
              + end
              + " must be there, and are "
              + found.size(),
          null);
    }
    List<StoredLeaf> leaves = new ArrayList<>(found.size());
    for (int i = 0; i < found.size(); i++) {
      Hash is = MerkleTree.leafHash(found.get(i));
      int row = (int) ((start + i) % BUNDLE);
      boolean proven = is.equals(Hash.copyOf(hashes, row * Hash.BYTES));
      leaves.add(new StoredLeaf(start + i, found.get(i), proven));
    }
    return leaves;
  }

  /** The leaf at {@code index}; empty where the tree has none. */
  @Override
  public Optional<StoredLeaf> leaf(long index) throws LedgerException {
    return index < 0 || index >= size()
        ? Optional.empty()
        : Optional.of(leaves(index, index + 1).get(0));
  }

  /** The proven hashes of the bundle of a leaf. */
  private byte[] hashes(long index) throws LedgerException {
    try {
      synchronized (tiles) {
        return tiles
            .readTile(TilePath.holding(0, index, size()))
            .orElseThrow(() -> new IllegalStateException("a bug: the tree has leaf " + index));
      }
    } catch (IOException e) {
      if (e.getCause() instanceof LedgerException failure) {
        throw failure;
      }
      throw contradiction(String.valueOf(e.getMessage()), e);
    }
  }

  private static LedgerException contradiction(String message, @Nullable Exception cause) {
    String text =
        "the store must hold what its head covers: " + message + "; check it with writ ledger fsck";
    return cause == null
        ? new LedgerException(CONTRADICTS, text)
        : new LedgerException(CONTRADICTS, text, cause);
  }

  /**
   * The bytes that lie beside the leaves from {@code start} to before {@code end}, by their leaves: nobody
   * compared them with what the leaves name. All in memory.
   */
  public Map<Long, byte[]> payloads(long start, long end) throws LedgerException {
    List<PayloadRows.Row> rows =
        store.read(statements -> new PayloadRows(statements).between(start, end));
    Map<Long, byte[]> payloads = new HashMap<>();
    rows.forEach(row -> payloads.put(row.leafIndex(), row.bytes()));
    return payloads;
  }

  /** Likewise of one leaf. */
  @Override
  public Optional<byte[]> payload(long index) throws LedgerException {
    return Optional.ofNullable(payloads(index, index + 1).get(index));
  }

  @Override
  public void close() {
    database.close();
  }

  /** The store as a log's files; nothing is proven here. */
  private final class Rows implements TiledLog {
    @Override
    public Optional<byte[]> readCheckpoint() throws IOException {
      try {
        return store.read(statements -> new TreeReads(statements).checkpoint());
      } catch (LedgerException e) {
        throw new IOException(e.getMessage(), e);
      }
    }

    @Override
    public Optional<byte[]> readTile(TilePath path) throws IOException {
      return read(tree -> tree.tile(path));
    }

    @Override
    public Optional<byte[]> readEntryBundle(EntryBundlePath path) throws IOException {
      long first = path.index() * Tile.WIDTH;
      return read(
          tree -> {
            List<byte[]> leaves = tree.leaves(first, first + path.width());
            return leaves.size() == path.width()
                ? Optional.of(EntryBundle.encode(leaves))
                : Optional.empty();
          });
    }

    private Optional<byte[]> read(StoreReader.TreeRead<Optional<byte[]>> read) throws IOException {
      try {
        return store.tree(read);
      } catch (LedgerException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
  }
}
