// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedCheckpointException;
import dev.writ.tlog.MalformedNoteException;
import dev.writ.tlog.MalformedTileException;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteOutcome;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.NoteSigningException;
import dev.writ.tlog.NoteVerifier;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TileTree;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is done before the first entry is taken: the schema, the head's row, the right edge, the
 * stored checkpoint, and a signature over a head that has none.
 *
 * @param storedCheckpointSize size of the checkpoint in the store, less than 0 where there is none
 * @param signers those that sign from here on
 * @param cosigning sees to the cosignatures of what they sign
 */
record Opening(
    WriterSession session,
    RightEdge edge,
    SignedHead signedHead,
    long storedCheckpointSize,
    List<NoteSigner> signers,
    Cosigning cosigning) {

  /** Who is to cosign, by what is in the store. */
  @FunctionalInterface
  interface Witnessing {
    Cosigning by(WitnessChoice.Published trustFiles) throws LedgerException;
  }

  static Opening of(
      Database database, String origin, CheckpointKeys keys, Anchors anchors, Witnessing witnessing)
      throws LedgerException {
    WriterSession session;
    try {
      session = WriterSession.open(database);
    } catch (SQLException e) {
      throw LedgerException.of("the store must be a database that can be written", e);
    }
    try {
      Schema.bringUpToDate(session.connection(), database);
      if (database.archive().isPresent()) {
        database.archive().get().requireWritable();
      }
      return load(session, origin, keys, anchors, witnessing);
    } catch (SQLException e) {
      session.abort();
      throw LedgerException.of("the store must be readable and whole", e);
    } catch (LedgerException | RuntimeException e) {
      session.abort();
      throw e;
    }
  }

  /** A checkpoint has at least one line, and all are under the log's name. */
  static void requireSigners(String origin, List<NoteSigner> signers) throws LedgerException {
    if (signers.isEmpty()) {
      throw new LedgerException("ledger", "a ledger must have a checkpoint key, was given none");
    }
    for (NoteSigner signer : signers) {
      // "SHOULD … match the origin" (tlog-checkpoint); here it must, so that one name is one log.
      if (!signer.key().name().equals(origin)) {
        throw new LedgerException(
            "ledger",
            "a checkpoint key's name must be the origin "
                + origin
                + ", was "
                + signer.key().name());
      }
    }
  }

  private static Opening load(
      WriterSession session,
      String origin,
      CheckpointKeys keys,
      Anchors anchors,
      Witnessing witnessing)
      throws SQLException, LedgerException {
    session.treeWrites().beginTree(origin);
    session.commit();
    KeptTree kept = session.kept();
    kept.requireArchive();
    List<SigningKey> known = new StateReads(session.statements()).keys();
    TreeReads store = session.tree();
    long sizeBefore = store.head().orElseThrow(RightEdgeCheck::noHead).head().size();
    session.rollback();
    // Token and anchor take their own time: no lock waits for them, and no transaction.
    CheckpointKeys.Lines lines = keys.among(known);
    List<NoteSigner> signers = lines.signing();
    requireSigners(origin, signers);
    Optional<byte[]> anchored =
        anchors.file().isPresent() ? anchors.file().get().read(sizeBefore) : Optional.empty();
    // Nobody moves head or checkpoint while they are compared.
    session.treeWrites().lock();
    TreeReads.HeadRow row = store.head().orElseThrow(RightEdgeCheck::noHead);
    if (!row.origin().equals(origin)) {
      throw new LedgerException(
          "ledger",
          "the origin must be "
              + row.origin()
              + ", under which this ledger was made, was "
              + origin
              + "; name its origin, or another folder");
    }
    RightEdge edge = RightEdgeCheck.load(kept, row.head());
    if (row.head().size() > 0 && store.newestTime().isEmpty()) {
      session.treeWrites().raiseNewestTime(lastLeafTime(kept, row.head().size()));
    }
    new DescentRows(session.statements()).nameDrawn(kept);
    Optional<SignedHead> stored = storedCheckpoint(session, origin, row.head());
    if (stored.isPresent()) {
      requireSignedByOneOf(lines, "the stored checkpoint", stored.get().note());
    }
    if (anchored.isPresent()) {
      requireContinued(
          "the checkpoint in " + anchors.file().get(), anchored.get(), kept, row, lines);
    }
    Cosigning cosigning = witnessing.by(version -> trustFile(session, version));
    try {
      session.commit();
      if (anchors.counter().isPresent()) {
        anchors.counter().get().begin(session, row.head().size());
      }
      return begin(session, edge, stored, signers, cosigning, origin);
    } catch (SQLException | LedgerException | RuntimeException e) {
      cosigning.close();
      throw e;
    }
  }

  private static Optional<byte[]> trustFile(WriterSession session, long version)
      throws LedgerException {
    try {
      return new TrustFiles(session.statements()).version(version).map(PublishedTrust::bytes);
    } catch (SQLException e) {
      throw LedgerException.of("the store must be readable and whole", e);
    }
  }

  /** Nobody holds the lock while a key signs and witnesses are asked. */
  private static Opening begin(
      WriterSession session,
      RightEdge edge,
      Optional<SignedHead> stored,
      List<NoteSigner> signers,
      Cosigning cosigning,
      String origin)
      throws LedgerException {
    Optional<SignedHead> usable =
        stored
            .filter(signed -> signed.head().equals(edge.head()))
            .filter(signed -> isSignedByAll(signed.note(), signers));
    SignedHead signed = usable.isPresent() ? usable.get() : sign(origin, edge.head(), signers);
    SignedHead first = cosigned(cosigning, signed, stored);
    boolean isStored = usable.isPresent() && cosigning.isCosigned(usable.get().note());
    return new Opening(
        session, edge, first, isStored ? first.head().size() : -1L, signers, cosigning);
  }

  /**
   * What the ledger begins with: its head, or where too few witnesses answer the newest checkpoint that
   * is cosigned. The head is then signed and cosigned like one that a crash left.
   */
  private static SignedHead cosigned(
      Cosigning cosigning, SignedHead signed, Optional<SignedHead> stored) throws LedgerException {
    Optional<SignedNote> note = cosigning.begin(signed.head(), signed.note());
    if (cosigning.isCosigned(signed.note())) {
      return signed;
    }
    if (note.isPresent()) {
      return new SignedHead(signed.head(), note.get());
    }
    return stored
        .filter(older -> older.head().size() < signed.head().size())
        .filter(older -> cosigning.isCosigned(older.note()))
        .orElseThrow(
            () ->
                new LedgerException(
                    Witnesses.QUORUM_MISSED,
                    "a ledger must begin with a checkpoint that a quorum of witnesses cosigned, has"
                        + " none, and too few of them answer: start it once they do"));
  }

  /** Of a store that an older version filled, which kept no time: leaves come in the order of their times. */
  private static Instant lastLeafTime(KeptTree store, long size)
      throws SQLException, LedgerException {
    List<byte[]> last = store.leaves(size - 1, size);
    try {
      if (!last.isEmpty()) {
        return Leaf.parse(last.get(0)).time();
      }
    } catch (MalformedLeafException e) {
      throw SignedTree.corrupt("leaf " + (size - 1) + ": " + e.getMessage(), e);
    }
    throw new LedgerException(
        "ledger",
        "the store must have leaf " + (size - 1) + ", has not; restore one that is whole");
  }

  /** The stored checkpoint, if there is one; it must be of this tree. */
  private static Optional<SignedHead> storedCheckpoint(
      WriterSession session, String origin, Head head) throws SQLException, LedgerException {
    Optional<byte[]> bytes = session.tree().checkpoint();
    return bytes.isEmpty()
        ? Optional.empty()
        : Optional.of(
            ofThisTree("the stored checkpoint", bytes.get(), session.kept(), origin, head));
  }

  /** What was anchored must be in the store: a copy from before it was is another history's beginning. */
  private static void requireContinued(
      String name,
      byte[] anchored,
      KeptTree kept,
      TreeReads.HeadRow row,
      CheckpointKeys.Lines lines)
      throws SQLException, LedgerException {
    SignedHead head = ofThisTree(name, anchored, kept, row.origin(), row.head());
    requireSignedByOneOf(lines, name, head.note());
  }

  private static SignedHead ofThisTree(
      String name, byte[] bytes, KeptTree store, String origin, Head head)
      throws SQLException, LedgerException {
    try {
      SignedNote note = SignedNote.parse(bytes);
      Checkpoint checkpoint = Checkpoint.parse(note.text());
      if (!checkpoint.origin().equals(origin) || checkpoint.size() > head.size()) {
        throw otherTree(
            name,
            "of " + origin + " and at most " + head.size() + " leaves",
            "of " + checkpoint.origin() + " and " + checkpoint.size());
      }
      Hash root = new TileTree(path -> readTile(store, path), checkpoint.size()).root();
      if (!root.equals(checkpoint.root())) {
        throw otherTree(
            name, "over root " + root + ", as the tiles give", "over " + checkpoint.root());
      }
      return new SignedHead(new Head(checkpoint.size(), checkpoint.root()), note);
    } catch (MalformedNoteException | MalformedCheckpointException e) {
      throw otherTree(name, "a signed checkpoint", String.valueOf(e.getMessage()));
    } catch (MalformedTileException | IOException e) {
      if (e.getCause() instanceof SQLException sql) {
        throw sql;
      }
      if (e.getCause() instanceof LedgerException archive) {
        throw archive;
      }
      throw otherTree(name, "over tiles that are there", String.valueOf(e.getMessage()));
    }
  }

  private static Optional<byte[]> readTile(KeptTree store, TilePath path) throws IOException {
    try {
      return store.tile(path);
    } catch (SQLException | LedgerException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static LedgerException otherTree(String name, String mustBe, String was) {
    return new LedgerException(
        "ledger",
        name
            + " must be "
            + mustBe
            + ", was "
            + was
            + ": the store was mixed or rolled back; restore one that has the newest checkpoint");
  }

  /**
   * Whoever brings another token would else sign this log's head with a stranger's key. A successor
   * comes beside the key that it follows.
   */
  private static void requireSignedByOneOf(
      CheckpointKeys.Lines lines, String name, SignedNote stored) throws LedgerException {
    List<NoteKey> keys = new ArrayList<>(lines.former());
    lines.signing().forEach(signer -> keys.add(signer.key()));
    List<NoteVerifier> verifiers = keys.stream().map(NoteVerifier::of).toList();
    if (stored.open(verifiers) instanceof NoteOutcome.Refused refused) {
      throw new LedgerException(
          "ledger",
          name
              + " must be signed by a checkpoint key given, "
              + keys.stream().map(NoteKey::vkey).toList()
              + ", was not: "
              + refused.reason()
              + "; give the key that signed it, with its successor where it has one");
    }
  }

  private static boolean isSignedByAll(SignedNote note, List<NoteSigner> signers) {
    List<NoteVerifier> verifiers =
        signers.stream().map(signer -> NoteVerifier.of(signer.key())).toList();
    return note.open(verifiers) instanceof NoteOutcome.Opened opened
        && opened.signatures().size() == signers.size();
  }

  private static SignedHead sign(String origin, Head head, List<NoteSigner> signers)
      throws LedgerException {
    try {
      return new SignedHead(head, HeadSigner.sign(origin, head, signers));
    } catch (NoteSigningException e) {
      throw new LedgerException(
          e.code(), "the head of " + head.size() + " leaves must be signed: " + e.getMessage(), e);
    }
  }
}
