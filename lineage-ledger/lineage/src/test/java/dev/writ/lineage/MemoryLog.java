// SPDX-License-Identifier: Apache-2.0
package dev.writ.lineage;

import dev.writ.artifact.Leaf;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.CompactRange;
import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.FolderLog;
import dev.writ.tlog.Hash;
import dev.writ.tlog.KeyPairNoteSigner;
import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.MalformedLogPolicyException;
import dev.writ.tlog.MalformedNoteException;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.NoteSigningException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TiledLog;
import dev.writ.tlog.TrustedCheckpoint;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** A log in memory, as files that a test may change. */
final class MemoryLog implements TiledLog {
  static final String ORIGIN = "writ.example/log";
  private static final KeyPairNoteSigner SIGNER = signer();

  final Map<String, byte[]> files = new HashMap<>();

  private MemoryLog() {}

  static MemoryLog of(List<byte[]> entries) {
    MemoryLog log = new MemoryLog();
    CompactRange range = new CompactRange();
    TreeMap<Integer, List<Hash>> levels = new TreeMap<>();
    for (byte[] entry : entries) {
      range.append(
          MerkleTree.leafHash(entry),
          (level, index, hash) ->
              levels.computeIfAbsent(level, unused -> new ArrayList<>()).add(hash));
    }
    levels.forEach(log::putTiles);
    for (int at = 0; at < entries.size(); at += Tile.WIDTH) {
      EntryBundlePath path = EntryBundlePath.holding(at, entries.size());
      log.files.put(path.text(), EntryBundle.encode(entries.subList(at, at + path.width())));
    }
    log.files.put(FolderLog.CHECKPOINT, note(new Checkpoint(ORIGIN, range.size(), range.root())));
    return log;
  }

  static MemoryLog ofLeaves(List<Leaf> leaves) {
    return of(leaves.stream().map(Leaf::bytes).toList());
  }

  private void putTiles(int level, List<Hash> hashes) {
    for (int at = 0; at < hashes.size(); at += Tile.WIDTH) {
      List<Hash> rows = hashes.subList(at, Math.min(hashes.size(), at + Tile.WIDTH));
      TilePath path = new TilePath(level, at / Tile.WIDTH, rows.size());
      files.put(path.text(), Tile.of(path, rows).bytes());
    }
  }

  byte[] file(String path) {
    return Objects.requireNonNull(files.get(path));
  }

  static byte[] note(Checkpoint checkpoint) {
    try {
      return SignedNote.sign(checkpoint.noteText(), SIGNER).bytes();
    } catch (NoteSigningException e) {
      throw new IllegalStateException(e);
    }
  }

  static LogPolicy policy() {
    try {
      return LogPolicy.parse("log " + SIGNER.key().vkey() + "\nquorum none\n");
    } catch (MalformedLogPolicyException e) {
      throw new IllegalStateException(e);
    }
  }

  static String vkey() {
    return SIGNER.key().vkey();
  }

  private static KeyPairNoteSigner signer() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return KeyPairNoteSigner.of(ORIGIN, generator.generateKeyPair());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Optional<byte[]> readCheckpoint() {
    return Optional.ofNullable(files.get(FolderLog.CHECKPOINT));
  }

  @Override
  public Optional<byte[]> readTile(TilePath path) {
    return Optional.ofNullable(files.get(path.text()));
  }

  @Override
  public Optional<byte[]> readEntryBundle(EntryBundlePath path) {
    return Optional.ofNullable(files.get(path.text()));
  }

  /** The log at its checkpoint, which {@link #policy} believes. */
  VerifiedLeaves open() {
    return open(policy());
  }

  /** The log at its checkpoint, which {@code policy} believes. */
  VerifiedLeaves open(LogPolicy policy) {
    try {
      SignedNote note = SignedNote.parse(file(FolderLog.CHECKPOINT));
      if (policy.verifyCheckpoint(note) instanceof TrustedCheckpoint trusted) {
        return new VerifiedLeaves(this, trusted.checkpoint(), note);
      }
      throw new IllegalStateException("the policy must believe the checkpoint, does not");
    } catch (MalformedNoteException e) {
      throw new IllegalStateException(e);
    }
  }
}
