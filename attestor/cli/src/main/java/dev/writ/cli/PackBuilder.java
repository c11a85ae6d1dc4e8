// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.TrustFile;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.ledger.InstanceKey;
import dev.writ.ledger.KeptBootLog;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PublishedTrust;
import dev.writ.lineage.VerifiedLeaves;
import dev.writ.service.Replay;
import dev.writ.service.ServiceStartException;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.CheckpointOutcome;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedCheckpointException;
import dev.writ.tlog.MalformedNoteException;
import dev.writ.tlog.MalformedTileException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TileTree;
import dev.writ.tlog.TlogProof;
import dev.writ.tlog.VerifiedTiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CRLException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Puts into a pack what a store has about some leaves: what they come from, what came of them, what it takes
 * to decide them again, and all leaves by which the service was governed. Reads every leaf of the log once.
 */
final class PackBuilder {
  private static final Duration A_MOMENT = Duration.ofMillis(100);
  private static final int LOOKS = 50;
  private static final Base64.Encoder MIME =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

  private final StoreOptions.Opened store;
  private final Optional<byte[]> statusToken;
  private final Map<String, byte[]> small = new TreeMap<>();

  PackBuilder(StoreOptions.Opened store, Optional<byte[]> statusToken) {
    this.store = store;
    this.statusToken = statusToken;
  }

  /**
   * Writes what is not made from the rest.
   *
   * @param start the first leaf that is asked for
   * @param end the first behind the last
   */
  void write(long start, long end, boolean isRange, PackWriter pack)
      throws CommandFailure, LedgerException, IOException {
    if (end - start > PackContents.MAX_LEAVES) {
      throw tooMany();
    }
    TrustFile newest = trustFiles();
    SignedNote note = checkpoint(newest);
    Checkpoint checkpoint = checkpointOf(note);
    // A service stores a checkpoint a moment after it answered, to a revocation too.
    long all = store.ledger().size();
    for (int looks = 0; all > checkpoint.size() && looks < LOOKS && Pause.of(A_MOMENT); looks++) {
      note = checkpoint(newest);
      checkpoint = checkpointOf(note);
    }
    if (end > checkpoint.size()) {
      throw CommandFailure.invalid(
          "the leaves must be below the signed checkpoint's size "
              + checkpoint.size()
              + ", and reach to "
              + end
              + ": the service signs the newest, which takes it to run");
    }
    VerifiedLeaves leaves = new VerifiedLeaves(store.ledger().log(), checkpoint, note);
    TreeSet<Long> asked = new TreeSet<>();
    for (long at = start; at < end; at++) {
      asked.add(at);
    }
    AskedLog replayed = replay(asked);
    PackedLeaves packed =
        PackedLeaves.around(
            leaves, asked, replayed, at -> store.ledger().payload(at), PackContents.MAX_LEAVES);
    if (packed.leaves().size() > PackContents.MAX_LEAVES) {
      throw tooMany();
    }
    List<KeptBootLog> kept = bootLogs(asked, replayed);
    List<PackQuestion.BootLogRow> logs =
        kept.stream()
            .map(
                log ->
                    new PackQuestion.BootLogRow(
                        log.leafIndex(), log.akName(), log.decision(), log.boot()))
            .toList();
    PackQuestion question =
        new PackQuestion(
            start,
            end,
            isRange,
            store.identity().tenant(),
            List.copyOf(replayed.hosts().values()),
            certifiedBefore(replayed, end - 1),
            logs);
    small.put(PackNames.QUESTION, question.toJson());
    small.put(PackNames.CHECKPOINT, note.bytes());
    statusToken.ifPresent(token -> small.put(PackNames.STATUS_TOKEN, token));
    consistency(checkpoint, List.of(start, end));
    makers();
    for (KeptBootLog log : kept) {
      pack.put(PackNames.bootLog(log.leafIndex()), log.log());
    }
    for (long at : packed.leaves()) {
      byte[] leaf = leaves.entries(at, at + 1).get(0);
      pack.put(PackNames.leaf(at), leaf);
      pack.put(
          PackNames.proof(at),
          TlogProof.of(leaves.proof(at), note).format().getBytes(StandardCharsets.UTF_8));
      payload(at, leaf, packed.opens(at) || replayed.payloads().contains(at), pack);
    }
    for (Map.Entry<String, byte[]> member : small.entrySet()) {
      pack.put(member.getKey(), member.getValue());
    }
  }

  /** Those that decisions of the question name, and what lies in the place of one. */
  private List<KeptBootLog> bootLogs(SortedSet<Long> asked, AskedLog replayed)
      throws LedgerException {
    Set<Hash> named = new HashSet<>();
    for (long at : asked) {
      store
          .ledger()
          .payload(at)
          .flatMap(PackedDecision::read)
          .flatMap(PackedDecision::bootLog)
          .ifPresent(named::add);
    }
    return replayed.bootLogs().values().stream()
        .filter(log -> named.contains(log.digest()) || asked.contains(log.leafIndex()))
        .toList();
  }

  /** Those that a decision could rest on: it brings the certification of a new one itself. */
  private static List<InstanceKey> certifiedBefore(AskedLog replayed, long last) {
    return replayed.instanceKeys().stream().filter(key -> key.leafIndex() < last).toList();
  }

  private static CommandFailure tooMany() {
    return CommandFailure.invalid(
        "an evidence pack must be of at most "
            + PackContents.MAX_LEAVES
            + " leaves with those that they come from and those that came of them, and would be of more:"
            + " choose a smaller --range, and make several");
  }

  /** The configured one and those that follow it. */
  private TrustFile trustFiles() throws LedgerException {
    TrustFile newest = store.trust();
    small.put(PackNames.trust(newest.content().version()), newest.toJson());
    while (true) {
      Optional<PublishedTrust> next = store.ledger().trustFile(newest.content().version() + 1);
      if (next.isEmpty()) {
        return newest;
      }
      try {
        newest = TrustFile.parse(next.get().bytes());
      } catch (MalformedTrustFileException e) {
        throw new IllegalStateException("a bug: what a replay believed is no trust file", e);
      }
      small.put(PackNames.trust(newest.content().version()), newest.toJson());
    }
  }

  private SignedNote checkpoint(TrustFile newest) throws CommandFailure, IOException {
    try {
      SignedNote note =
          SignedNote.parse(
              store
                  .ledger()
                  .log()
                  .readCheckpoint()
                  .orElseThrow(
                      () ->
                          CommandFailure.invalid(
                              "the store must have a signed checkpoint, and has none yet")));
      if (newest.logPolicy().verifyCheckpoint(note) instanceof CheckpointOutcome.Refused refused) {
        throw CommandFailure.integrity(
            "the store's checkpoint must be believed under the trust file: " + refused.reason());
      }
      return note;
    } catch (MalformedNoteException e) {
      throw CommandFailure.integrity("the store's checkpoint is no note: " + e.getMessage());
    }
  }

  private static Checkpoint checkpointOf(SignedNote note) {
    try {
      return Checkpoint.parse(note.text());
    } catch (MalformedCheckpointException e) {
      throw new IllegalStateException("a bug: what was believed is no checkpoint", e);
    }
  }

  /** Decides again what was asked for, to learn what that takes. */
  private AskedLog replay(SortedSet<Long> asked) throws LedgerException, CommandFailure {
    AskedLog log = new AskedLog(store.ledger());
    try {
      Replay replay =
          new Replay(
              log, store.identity(), store.trust(), store.makers(), BulkVerification.provider());
      for (long at : asked) {
        var unused = replay.on(store.ledger().leaf(at).orElseThrow(), store.ledger().payload(at));
      }
      return log;
    } catch (ServiceStartException e) {
      throw CommandFailure.configuration(e);
    }
  }

  /** What was asked for, what a replay or commitments take, and statements of how an execution ended. */
  private void payload(long at, byte[] leaf, boolean isWanted, PackWriter pack)
      throws CommandFailure, LedgerException, IOException {
    Optional<Leaf> parsed = PackedLeaves.parse(leaf);
    if (parsed.isEmpty() || !isWanted && parsed.get().kind() != LeafKind.OUTCOME) {
      return;
    }
    Optional<byte[]> payload = store.ledger().payload(at);
    if (payload.isPresent()) {
      pack.put(PackContents.beside(at, parsed.get()), payload.get());
    }
  }

  /** That the log at the ends of what was asked for became the log of the checkpoint. */
  private void consistency(Checkpoint checkpoint, List<Long> sizes) throws IOException {
    VerifiedTiles tiles =
        new VerifiedTiles(store.ledger().log(), checkpoint.size(), checkpoint.root());
    for (long size : sizes) {
      if (size == 0 || size == checkpoint.size()) {
        continue;
      }
      try {
        ConsistencyProof proof = tiles.tree().consistencyProof(size);
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("v", 1);
        map.put("old_size", size);
        map.put("old_root", oldRoot(tiles, size));
        map.put("new_size", checkpoint.size());
        map.put("path", proof.path());
        small.put(PackNames.consistency(size), Jcs.canonical(map));
      } catch (MalformedTileException e) {
        throw new IllegalStateException("a bug: a tile that was proven could not be read", e);
      }
    }
  }

  /** Tiles of a smaller tree begin those of the greater. */
  private static Hash oldRoot(VerifiedTiles tiles, long size)
      throws IOException, MalformedTileException {
    return new TileTree(tiles, size).root();
  }

  private void makers() {
    makers(store.makers())
        .forEach((name, pem) -> small.put(name, pem.getBytes(StandardCharsets.US_ASCII)));
  }

  /** What TPM makers are believed, as the members of a pack, of which there is none for nothing. */
  static Map<String, String> makers(EndorsementTrust makers) {
    Map<String, StringBuilder> texts = new TreeMap<>();
    try {
      for (X509Certificate root : makers.roots()) {
        pem(of(texts, PackNames.MAKER_ROOTS), "CERTIFICATE", root.getEncoded());
      }
      for (X509Certificate intermediate : makers.intermediates()) {
        pem(of(texts, PackNames.MAKER_INTERMEDIATES), "CERTIFICATE", intermediate.getEncoded());
      }
      for (X509CRL list : makers.crls()) {
        pem(of(texts, PackNames.MAKER_LISTS), "X509 CRL", list.getEncoded());
      }
    } catch (CertificateEncodingException | CRLException e) {
      throw new IllegalStateException("a bug: what was read cannot be written", e);
    }
    Map<String, String> members = new TreeMap<>();
    texts.forEach((name, text) -> members.put(name, text.toString()));
    return members;
  }

  private static StringBuilder of(Map<String, StringBuilder> texts, String name) {
    return texts.computeIfAbsent(name, first -> new StringBuilder());
  }

  private static void pem(StringBuilder to, String what, byte[] der) {
    to.append("-----BEGIN ")
        .append(what)
        .append("-----\n")
        .append(MIME.encodeToString(der))
        .append("\n-----END ")
        .append(what)
        .append("-----\n");
  }
}
