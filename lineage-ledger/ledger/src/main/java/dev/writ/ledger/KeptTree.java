// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.Hash;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TilePath;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The tree's tiles and leaves wherever they are kept: in the store, or below its minimum index in the
 * archive, from which nothing comes that the store's own tiles do not prove. All who read them read them
 * here. The store is asked first and the minimum index after: rows go in the transaction that raises it,
 * so that what is found in neither place was nowhere.
 */
final class KeptTree {
  private static final int FULL_BYTES = Tile.WIDTH * Hash.BYTES;

  private final Rows rows;
  private final Optional<TileArchive> archive;

  /**
   * A tree.
   *
   * @param rows no connection is held while the archive is read, but a writer's own
   */
  KeptTree(Rows rows, Optional<TileArchive> archive) {
    this.rows = rows;
    this.archive = archive;
  }

  /** Reads rows, in a transaction or each by itself. */
  @FunctionalInterface
  interface Rows {
    <T> T read(StoreReader.Read<T> read) throws SQLException, LedgerException;
  }

  /** A tree whose rows are read on one connection. */
  static KeptTree on(Statements statements, Optional<TileArchive> archive) {
    return new KeptTree(new OneConnection(statements), archive);
  }

  private record OneConnection(Statements statements) implements Rows {
    @Override
    public <T> T read(StoreReader.Read<T> read) throws SQLException, LedgerException {
      return read.from(statements);
    }
  }

  /** A tile as wide as it is kept. */
  Optional<byte[]> tile(int level, long index) throws SQLException, LedgerException {
    Optional<byte[]> row = row(level, index);
    if (row.isPresent() || level > 0 || index >= minimum() / Tile.WIDTH) {
      return row;
    }
    return Optional.of(archived(index));
  }

  /** A tile cut to the width of {@code path}; empty if it is not there or not so wide. */
  Optional<byte[]> tile(TilePath path) throws SQLException, LedgerException {
    int length = path.width() * Hash.BYTES;
    return tile(path.level(), path.index())
        .filter(hashes -> hashes.length >= length)
        .map(hashes -> Arrays.copyOf(hashes, length));
  }

  /** The hashes of the leaves from {@code start} to before {@code end}, as many as there are. */
  List<Hash> leafHashes(long start, long end) throws SQLException, LedgerException {
    return leaves(start, end).stream().map(MerkleTree::leafHash).toList();
  }

  /** The leaves from {@code start} to before {@code end}, as many as there are. */
  List<byte[]> leaves(long start, long end) throws SQLException, LedgerException {
    List<byte[]> found = rows.read(statements -> new TreeReads(statements).leafRows(start, end));
    if (found.size() == end - start || start < 0) {
      return found;
    }
    long below = Math.min(end, minimum());
    if (start >= below) {
      return found;
    }
    List<byte[]> leaves = new ArrayList<>();
    for (long next = start; next < below; ) {
      long bundle = next / Tile.WIDTH;
      int row = (int) (next % Tile.WIDTH);
      int count = (int) Math.min(Tile.WIDTH - row, below - next);
      List<byte[]> all = archive().leaves(bundle, archived(bundle));
      leaves.addAll(all.subList(row, row + count));
      next += count;
    }
    if (below < end) {
      leaves.addAll(leaves(below, end));
    }
    return leaves;
  }

  /** The hash that stands for a full tile in the tile above it, which the store always has. */
  Hash above(int level, long index) throws SQLException, LedgerException {
    int row = (int) (index % Tile.WIDTH);
    TilePath parent = new TilePath(level + 1, index / Tile.WIDTH, row + 1);
    byte[] hashes =
        tile(parent)
            .orElseThrow(() -> SignedTree.corrupt(parent + " must be there, and is not", null));
    return Hash.copyOf(hashes, row * Hash.BYTES);
  }

  /** Full bundle {@code index}, its leaves and their tile proven by the tile above. */
  FullBundle bundle(long index) throws SQLException, LedgerException {
    byte[] tile = fullTile(0, index);
    long first = index * Tile.WIDTH;
    FullBundle bundle = new FullBundle(index, tile, leaves(first, first + Tile.WIDTH));
    Optional<String> fault = bundle.fault();
    if (fault.isPresent()) {
      throw SignedTree.corrupt(bundle.entriesPath() + " " + fault.get(), null);
    }
    return bundle;
  }

  /** A full tile, proven by the one above. */
  byte[] fullTile(int level, long index) throws SQLException, LedgerException {
    TilePath path = new TilePath(level, index, Tile.WIDTH);
    byte[] tile = tile(path).orElse(new byte[0]);
    Hash above = above(level, index);
    if (tile.length != FULL_BYTES || !TileArchive.root(tile).equals(above)) {
      throw SignedTree.corrupt(path + " must be the tile of root " + above + ", is not", null);
    }
    return tile;
  }

  long minimum() throws SQLException, LedgerException {
    return rows.read(statements -> new TreeReads(statements).minimumIndex());
  }

  private Optional<byte[]> row(int level, long index) throws SQLException, LedgerException {
    return rows.read(statements -> new TreeReads(statements).tileRow(level, index));
  }

  private byte[] archived(long index) throws SQLException, LedgerException {
    return archive().tile(index, above(0, index));
  }

  private TileArchive archive() throws LedgerException {
    return archive.orElseThrow(
        () ->
            new LedgerException(
                TileArchive.CODE,
                "old leaves of this ledger are in an archive, and none is configured: name"
                    + " ledger.archive.folder"));
  }

  /**
   * That what left the store can be had: the first and the newest of it, which an archive that is not mounted,
   * was put back, or is another's does not have.
   */
  void requireArchive() throws SQLException, LedgerException {
    long minimum = minimum();
    if (minimum > 0) {
      archive().requireThere();
      List<byte[]> unused = leaves(0, 1);
      unused = leaves(minimum - 1, minimum);
    }
  }
}
