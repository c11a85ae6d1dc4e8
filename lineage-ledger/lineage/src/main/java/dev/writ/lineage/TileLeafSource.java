// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.MalformedEntryBundleException;
import dev.writ.tlog.MalformedNoteException;
import dev.writ.tlog.MalformedTileException;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.ProofOutcome;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TileTree;
import dev.writ.tlog.TrustedCheckpoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A log read from its tiles and entry bundles. Not safe for use by several threads at once.
 *
 * <p>A full bundle is proven by the path of its first entry: the eight lowest hashes of that path are over
 * the bundle's other entries, and are computed from them. In a partial bundle each entry has a path.
 */
public final class TileLeafSource implements LeafSource {
  private static final int BUNDLES_KEPT = 16;
  private static final int MAX_TILE = Tile.WIDTH * Hash.BYTES;
  private static final int MAX_BUNDLE = Tile.WIDTH * (2 + EntryBundle.MAX_ENTRY_BYTES);

  private final LogFiles files;
  private final byte[] note;
  private final Checkpoint checkpoint;
  private final TileTree tree;
  private final Map<Long, List<byte[]>> bundles =
      new LinkedHashMap<>(2 * BUNDLES_KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, List<byte[]>> eldest) {
          return size() > BUNDLES_KEPT;
        }
      };

  private TileLeafSource(LogFiles files, byte[] note, Checkpoint checkpoint) {
    this.files = files;
    this.note = note;
    this.checkpoint = checkpoint;
    this.tree = new TileTree(path -> files.read(path.text(), MAX_TILE), checkpoint.size());
  }

  /** The log in {@code files}, by its newest checkpoint, if {@code policy} believes that. */
  public static TileLeafSource open(LogFiles files, LogPolicy policy)
      throws IOException, LogIntegrityException {
    byte[] note =
        files
            .read("checkpoint", SignedNote.MAX_BYTES)
            .orElseThrow(() -> new IOException("a log must have a checkpoint, and has none"));
    return new TileLeafSource(files, note, believed(note, policy));
  }

  /** The checkpoint in {@code note}, if {@code policy} believes it. */
  static Checkpoint believed(byte[] note, LogPolicy policy) throws LogIntegrityException {
    try {
      CheckpointOutcome outcome = policy.verifyCheckpoint(SignedNote.parse(note));
      if (outcome instanceof TrustedCheckpoint trusted) {
        return trusted.checkpoint();
      }
      throw new LogIntegrityException(
          "the checkpoint must be believed, and is not: "
              + ((CheckpointOutcome.Refused) outcome).reason());
    } catch (MalformedNoteException e) {
      throw new LogIntegrityException(
          "the checkpoint must be a note, and is not: " + e.getMessage());
    }
  }

  @Override
  public Checkpoint checkpoint() {
    return checkpoint;
  }

  @Override
  public byte[] note() {
    return note.clone();
  }

  @Override
  public List<byte[]> entries(long start, long end) throws IOException, LogIntegrityException {
    if (start < 0 || start > end || end > checkpoint.size() || end - start > MAX_ENTRIES) {
      throw new IndexOutOfBoundsException(
          "entries must be at most 256 of " + checkpoint.size() + ", were " + start + " to " + end);
    }
    List<byte[]> entries = new ArrayList<>();
    for (long at = start; at < end; ) {
      List<byte[]> bundle = bundle(at / Tile.WIDTH);
      int from = (int) (at % Tile.WIDTH);
      int to = (int) Math.min(bundle.size(), from + (end - at));
      entries.addAll(bundle.subList(from, to));
      at += to - from;
    }
    return entries;
  }

  @Override
  public InclusionProof proof(long index) throws IOException, LogIntegrityException {
    List<byte[]> entry = entries(index, index + 1);
    return proven(index, MerkleTree.leafHash(entry.get(0)));
  }

  private List<byte[]> bundle(long number) throws IOException, LogIntegrityException {
    List<byte[]> kept = bundles.get(number);
    if (kept != null) {
      return kept;
    }
    long first = number * Tile.WIDTH;
    EntryBundlePath path = EntryBundlePath.holding(first, checkpoint.size());
    List<byte[]> entries = read(path);
    List<Hash> hashes = entries.stream().map(MerkleTree::leafHash).toList();
    if (entries.size() == Tile.WIDTH) {
      requireSiblings(path, hashes, proven(first, hashes.get(0)));
    } else {
      for (int i = 0; i < hashes.size(); i++) {
        InclusionProof unused = proven(first + i, hashes.get(i));
      }
    }
    bundles.put(number, entries);
    return entries;
  }

  private List<byte[]> read(EntryBundlePath path) throws IOException, LogIntegrityException {
    try {
      Optional<byte[]> bytes = files.read(path.text(), MAX_BUNDLE);
      if (bytes.isPresent()) {
        return EntryBundle.decode(path, bytes.get());
      }
      // A log may drop a partial bundle once the full one is there (tlog-tiles, "Partial Tiles").
      EntryBundlePath full = new EntryBundlePath(path.index(), Tile.WIDTH);
      byte[] whole =
          files
              .read(full.text(), MAX_BUNDLE)
              .orElseThrow(
                  () -> new IOException("the log must have " + path + ", and has it nowhere"));
      return List.copyOf(EntryBundle.decode(full, whole).subList(0, path.width()));
    } catch (MalformedEntryBundleException e) {
      throw new LogIntegrityException(String.valueOf(e.getMessage()));
    }
  }

  private InclusionProof proven(long index, Hash hash) throws IOException, LogIntegrityException {
    try {
      InclusionProof proof = tree.inclusionProof(index);
      if (proof.verify(hash, checkpoint.root()) instanceof ProofOutcome.NotProven not) {
        throw new LogIntegrityException(
            "entry " + index + " must be in the checkpoint's tree: " + not.reason());
      }
      return proof;
    } catch (MalformedTileException e) {
      throw new LogIntegrityException(String.valueOf(e.getMessage()));
    }
  }

  private static void requireSiblings(EntryBundlePath path, List<Hash> hashes, InclusionProof first)
      throws LogIntegrityException {
    for (int level = 0; level < Tile.HEIGHT; level++) {
      int width = 1 << level;
      Hash sibling = MerkleTree.root(hashes.subList(width, 2 * width));
      if (!first.path().get(level).equals(sibling)) {
        throw new LogIntegrityException(
            "entries "
                + (path.index() * Tile.WIDTH + width)
                + " and on of "
                + path
                + " must be in the checkpoint's tree, and are not");
      }
    }
  }
}
