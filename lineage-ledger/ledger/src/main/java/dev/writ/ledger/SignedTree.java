// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MalformedTileException;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TileReader;
import dev.writ.tlog.TileTree;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tiles, bundles and proofs of the tree that a checkpoint vouches for. */
final class SignedTree {
  private final StoreReader store;
  private final HeadSigner signer;

  SignedTree(StoreReader store, HeadSigner signer) {
    this.store = store;
    this.signer = signer;
  }

  long size() {
    return signer.newest().head().size();
  }

  Optional<byte[]> tile(TilePath path) throws LedgerException {
    return isSigned(path) ? store.tree(tree -> tree.tile(path)) : Optional.empty();
  }

  TileReader tiles() {
    return path -> {
      try {
        return tile(path);
      } catch (LedgerException e) {
        throw new IOException(e.getMessage(), e);
      }
    };
  }

  Optional<byte[]> entryBundle(EntryBundlePath path) throws LedgerException {
    if (!isSigned(new TilePath(0, path.index(), path.width()))) {
      return Optional.empty();
    }
    long first = path.index() * Tile.WIDTH;
    List<byte[]> leaves = store.tree(tree -> tree.leaves(first, first + path.width()));
    if (leaves.size() != path.width()) {
      throw corrupt(path + " must have " + path.width() + " leaves, has " + leaves.size(), null);
    }
    return Optional.of(EntryBundle.encode(leaves));
  }

  private boolean isSigned(TilePath path) {
    long hashes = TilePath.hashesAt(path.level(), size());
    return path.index() <= hashes / Tile.WIDTH
        && path.width() <= hashes - path.index() * Tile.WIDTH;
  }

  Optional<InclusionProof> inclusionProof(long index, long treeSize) throws LedgerException {
    return index < 0 || index >= treeSize || treeSize > size()
        ? Optional.empty()
        : Optional.of(prove(treeSize, tree -> tree.inclusionProof(index)));
  }

  Optional<ConsistencyProof> consistencyProof(long oldSize, long newSize) throws LedgerException {
    return oldSize < 1 || oldSize > newSize || newSize > size()
        ? Optional.empty()
        : Optional.of(prove(newSize, tree -> tree.consistencyProof(oldSize)));
  }

  /** Computes a proof from tiles. */
  @FunctionalInterface
  private interface Prove<T> {
    T from(TileTree tree) throws IOException, MalformedTileException;
  }

  private <T> T prove(long treeSize, Prove<T> prove) throws LedgerException {
    try {
      return prove.from(new TileTree(tiles(), treeSize));
    } catch (IOException e) {
      if (e.getCause() instanceof LedgerException failure) {
        throw failure;
      }
      throw corrupt(String.valueOf(e.getMessage()), e);
    } catch (MalformedTileException e) {
      throw corrupt(String.valueOf(e.getMessage()), e);
    }
  }

  static LedgerException corrupt(String message, @Nullable Exception cause) {
    String text = "the store must hold what its checkpoint covers: " + message;
    return cause == null
        ? new LedgerException("ledger", text)
        : new LedgerException("ledger", text, cause);
  }
}
