// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Rebuilds a whole tree from its entries and compares each hash of each tile with what it stands for: an
 * entry, or the tile below. Where the two differ, the tree above says which of them is wrong.
 *
 * <p>It goes on after a fault, so that all that is wrong is told at once, up to a bound. Memory does not grow with the
 * tree.
 */
public final class TreeAudit {
  /**
   * Something that is not as the root says.
   *
   * @param where the entry, tile or bundle
   * @param mustBe what it must be
   * @param was what it was
   */
  public record Fault(String where, String mustBe, String was) {
    @Override
    public String toString() {
      return where + " must be " + mustBe + ", was " + was;
    }
  }

  /** Is told what the audit comes by. */
  public interface Listener {
    /** The entries from {@code first} on, as the log has them, whether or not they are the tree's. */
    void entries(long first, List<byte[]> entries) throws IOException;

    /** A fault. */
    void fault(Fault fault);
  }

  /** After so many it ends: a key may sign any size, and what is not there would be looked for forever. */
  public static final long MAX_FAULTS = 1_000;

  private final TiledLog log;
  private final long size;
  private final Hash root;
  private final long from;
  private final Listener listener;

  /** Whether the tiles at the right edge lead to the root. */
  private final boolean edgeHolds;

  /** Of each level, what the tile that is being filled must have; null where nobody can say. */
  private final List<List<@Nullable Hash>> filling = new ArrayList<>();

  /** The tile of level 1 and up that was read last: neighbours ask for the same one. */
  private @Nullable Tile lastParent;

  private long faults;

  private TreeAudit(TiledLog log, long size, Hash root, long from, Listener listener)
      throws IOException {
    this.log = log;
    this.size = size;
    this.root = root;
    this.from = from;
    this.listener = listener;
    this.edgeHolds = edgeHolds();
  }

  /**
   * Audits the tree of {@code size} leaves under {@code root}.
   *
   * @throws IOException if the log cannot be read; what is missing or malformed is a fault
   */
  public static void run(TiledLog log, long size, Hash root, Listener listener) throws IOException {
    run(log, size, root, 0, listener);
  }

  /**
   * Audits what the tree has from an entry on: all else of the log is taken for what the tiles of level 1
   * and up say of it, and not read.
   *
   * @param from a multiple of 256, at most {@code size}
   * @throws IOException if the log cannot be read; what is missing or malformed is a fault
   */
  public static void run(TiledLog log, long size, Hash root, long from, Listener listener)
      throws IOException {
    if (from < 0 || from > size || from % Tile.WIDTH != 0) {
      throw new IllegalArgumentException(
          "an audit must begin at a multiple of 256 up to " + size + ", was " + from);
    }
    new TreeAudit(log, size, root, from, listener).run();
  }

  private boolean edgeHolds() throws IOException {
    try {
      new VerifiedTiles(log, size, root).proveEdge();
      return true;
    } catch (UnprovenException | MissingTileException e) {
      return false;
    }
  }

  private void run() throws IOException {
    leaveOutLeft();
    for (long first = from; first < size; first += Tile.WIDTH) {
      if (faults >= MAX_FAULTS) {
        fault("what follows entry " + first, "audited", "left out after " + faults + " faults");
        return;
      }
      EntryBundlePath path = EntryBundlePath.holding(first, size);
      List<@Nullable Hash> hashes = leafHashes(path, first);
      for (@Nullable Hash hash : hashes) {
        append(0, hash, first);
      }
    }
    for (int level = 0; level < filling.size(); level++) {
      if (!filling.get(level).isEmpty()) {
        long last = TilePath.hashesAt(level, size) - 1;
        var unused = complete(level, last / Tile.WIDTH);
      }
    }
    if (!edgeHolds && faults == 0) {
      fault("the root", root.hex(), "another, by entries and tiles that agree with one another");
    }
  }

  /** Of tiles that begin before the first entry nobody says what their first rows must be. */
  private void leaveOutLeft() {
    for (int level = 0; TilePath.hashesAt(level, from) > 0; level++) {
      int left = (int) (TilePath.hashesAt(level, from) % Tile.WIDTH);
      filling.add(new ArrayList<>(Collections.nCopies(left, null)));
    }
  }

  private List<@Nullable Hash> leafHashes(EntryBundlePath path, long first) throws IOException {
    List<@Nullable Hash> hashes = new ArrayList<>();
    try {
      List<byte[]> entries = Fetch.entries(log, path, size);
      listener.entries(first, entries);
      entries.forEach(entry -> hashes.add(MerkleTree.leafHash(entry)));
    } catch (MalformedEntryBundleException e) {
      fault(path.text(), "well formed", "not: " + e.getMessage());
    } catch (UnprovenException e) {
      fault(path.text(), "there in a log of size " + size, "in no place");
    }
    while (hashes.size() < path.width()) {
      hashes.add(null);
    }
    return hashes;
  }

  /** Puts a hash in its place at {@code level}, and the hash of each tile that it fills above it. */
  private void append(int level, @Nullable Hash hash, long firstLeaf) throws IOException {
    while (filling.size() <= level) {
      filling.add(new ArrayList<>());
    }
    List<@Nullable Hash> rows = filling.get(level);
    rows.add(hash);
    if (rows.size() == Tile.WIDTH) {
      long index = firstLeaf >>> (Tile.HEIGHT * (level + 1));
      @Nullable Hash up = complete(level, index);
      rows.clear();
      append(level + 1, up, firstLeaf);
    }
  }

  /**
   * Compares a tile with what it must have.
   *
   * @return the hash that stands for it above, null where nobody can say
   */
  private @Nullable Hash complete(int level, long index) throws IOException {
    List<@Nullable Hash> rows = filling.get(level);
    TilePath path = new TilePath(level, index, rows.size());
    @Nullable Hash computed = path.isPartial() ? null : rootOf(rows);
    Optional<Tile> stored = read(path);
    if (stored.isEmpty()) {
      return computed;
    }
    Tile tile = stored.get();
    @Nullable Hash its = path.isPartial() ? null : tile.node(Tile.HEIGHT, 0);
    boolean tileIsTheTrees = its == null ? edgeHolds : above(path).equals(Optional.of(its));
    boolean same = true;
    for (int row = 0; row < rows.size(); row++) {
      @Nullable Hash must = rows.get(row);
      Hash was = tile.hash(row);
      if (!was.equals(must)) {
        same = false;
        differs(path, row, must, was, tileIsTheTrees);
      }
    }
    return same || tileIsTheTrees ? its : computed;
  }

  private void differs(
      TilePath path, int row, @Nullable Hash must, Hash was, boolean tileIsTheTrees) {
    long below = path.index() * Tile.WIDTH + row;
    if (must == null) {
      // That it cannot be read was told already.
      return;
    }
    if (tileIsTheTrees) {
      if (path.level() == 0) {
        fault("entry " + below, "the one whose hash " + was + " the tree has", "of hash " + must);
      } else {
        String child = new TilePath(path.level() - 1, below, Tile.WIDTH).text();
        fault(child, "the tile whose root " + was + " the tree has", "of root " + must);
      }
      return;
    }
    String what =
        path.level() == 0
            ? "the hash of entry " + below
            : "the root of " + new TilePath(path.level() - 1, below, Tile.WIDTH);
    fault(path + " row " + row, what + ", " + must, was.hex());
  }

  private static @Nullable Hash rootOf(List<@Nullable Hash> rows) {
    CompactRange range = new CompactRange();
    for (@Nullable Hash row : rows) {
      if (row == null) {
        return null;
      }
      range.append(row);
    }
    return range.root();
  }

  /** The hash that stands for a full tile in the tile above, if that can be read. */
  private Optional<Hash> above(TilePath path) throws IOException {
    TilePath parent = TilePath.holding(path.level() + 1, path.index(), size);
    try {
      if (lastParent == null || !lastParent.path().equals(parent)) {
        lastParent = Fetch.tile(log, parent, size);
      }
      return Optional.of(lastParent.hash((int) (path.index() % Tile.WIDTH)));
    } catch (MalformedTileException | MissingTileException e) {
      return Optional.empty();
    }
  }

  private Optional<Tile> read(TilePath path) throws IOException {
    try {
      return Optional.of(Fetch.tile(log, path, size));
    } catch (MalformedTileException e) {
      fault(path.text(), "well formed", "not: " + e.getMessage());
    } catch (MissingTileException e) {
      fault(path.text(), "there in a tree of size " + size, "in no place");
    }
    return Optional.empty();
  }

  private void fault(String where, String mustBe, String was) {
    faults++;
    listener.fault(new Fault(where, mustBe, was));
  }
}
