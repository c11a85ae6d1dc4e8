// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.CompactRange;
import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.Hash;
import dev.writ.tlog.KeyPairNoteSigner;
import dev.writ.tlog.LogExport;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.NoteSigningException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TiledLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A log in memory under a key of its own, of which a test can damage each file. */
final class SampleLog implements TiledLog {
  static final String ORIGIN = "log.example/writ";

  private final NoteSigner signer;
  private final List<byte[]> entries = new ArrayList<>();
  private final Map<Integer, List<Hash>> levels = new TreeMap<>();
  private final Map<String, UnaryOperator<Optional<byte[]>>> damage = new HashMap<>();
  private CompactRange range = new CompactRange();

  private SampleLog(NoteSigner signer) {
    this.signer = signer;
  }

  static SampleLog empty() throws GeneralSecurityException {
    return new SampleLog(
        KeyPairNoteSigner.of(ORIGIN, KeyPairGenerator.getInstance("Ed25519").generateKeyPair()));
  }

  /** Entries that are no leaves of Writ's. */
  static SampleLog ofWords(int size) throws GeneralSecurityException {
    SampleLog log = empty();
    for (int i = 0; i < size; i++) {
      log.append(("entry " + i).getBytes(StandardCharsets.UTF_8));
    }
    return log;
  }

  static SampleLog of(List<byte[]> entries) throws GeneralSecurityException {
    SampleLog log = empty();
    entries.forEach(log::append);
    return log;
  }

  /** Another log under the same key, as its thief could show. */
  SampleLog forked(List<byte[]> others) {
    SampleLog log = new SampleLog(signer);
    others.forEach(log::append);
    return log;
  }

  void append(byte[] entry) {
    entries.add(entry);
    range.append(
        MerkleTree.leafHash(entry),
        (level, index, hash) -> levels.computeIfAbsent(level, each -> new ArrayList<>()).add(hash));
  }

  List<byte[]> entries() {
    return List.copyOf(entries);
  }

  String vkey() {
    return signer.key().vkey();
  }

  long size() {
    return entries.size();
  }

  Hash root() {
    return range.root();
  }

  void damage(String path, UnaryOperator<Optional<byte[]>> change) {
    damage.put(path, change);
  }

  void flip(String path, int at) {
    damage(
        path,
        bytes -> {
          bytes.ifPresent(found -> found[at] ^= 1);
          return bytes;
        });
  }

  /** Writes it as files. */
  SampleLog into(Path folder) throws IOException {
    Checkpoint checkpoint = new Checkpoint(ORIGIN, size(), root());
    if (!(LogExport.run(this, checkpoint, note(), folder, done -> {})
        instanceof LogExport.Outcome.Exported)) {
      throw new AssertionError("a log that is whole must be exported");
    }
    return this;
  }

  /** A checkpoint that says that the log is of another size. */
  byte[] noteOfSize(long size) {
    try {
      return note(size).bytes();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private SignedNote note() throws IOException {
    return note(size());
  }

  private SignedNote note(long size) throws IOException {
    try {
      return SignedNote.sign(new Checkpoint(ORIGIN, size, root()).noteText(), signer);
    } catch (NoteSigningException e) {
      throw new IOException(e);
    }
  }

  @Override
  public Optional<byte[]> readCheckpoint() throws IOException {
    return damaged("checkpoint", Optional.of(note().bytes()));
  }

  @Override
  public Optional<byte[]> readTile(TilePath path) {
    List<Hash> hashes = levels.getOrDefault(path.level(), List.of());
    int first = (int) path.index() * Tile.WIDTH;
    int last = first + path.width();
    return damaged(
        path.text(),
        last <= hashes.size()
            ? Optional.of(Tile.of(path, hashes.subList(first, last)).bytes())
            : Optional.empty());
  }

  @Override
  public Optional<byte[]> readEntryBundle(EntryBundlePath path) {
    int first = (int) path.index() * Tile.WIDTH;
    int last = first + path.width();
    return damaged(
        path.text(),
        last <= entries.size()
            ? Optional.of(EntryBundle.encode(entries.subList(first, last)))
            : Optional.empty());
  }

  private Optional<byte[]> damaged(String path, Optional<byte[]> bytes) {
    return damage.getOrDefault(path, UnaryOperator.identity()).apply(bytes);
  }
}
