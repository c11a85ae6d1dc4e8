// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.AkName;
import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.artifact.UuidV7;
import dev.writ.ledger.CommitOutcome.Reached;
import dev.writ.ledger.CommitOutcome.Unavailable;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.EntryBundle;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.MalformedTileException;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.Tile;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TileReader;
import dev.writ.tlog.TileTree;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An append-only log of leaves, and the state that changes with them.
 *
 * <p>{@link #commit} is the only way in. Reads see what is committed; tiles, bundles and proofs, which
 * a checkpoint must vouch for, see what is signed. Safe for use by any number of threads.
 */
public final class Ledger implements AutoCloseable {
  private final Database database;
  private final CommitLimits limits;
  private final Deadlines deadlines;
  private final HeadSigner signer;
  private final Committer committer;
  private final Thread signerThread;
  private final Thread committerThread;
  private final AtomicInteger inFlight = new AtomicInteger();
  private volatile boolean closed;

  private Ledger(Database database, CommitLimits limits, HeadSigner signer, Committer committer) {
    this.database = database;
    this.limits = limits;
    this.signer = signer;
    this.committer = committer;
    this.deadlines = new Deadlines(limits.patience());
    this.signerThread = Deadlines.daemon(signer, "ledger-signer");
    this.committerThread = Deadlines.daemon(committer, "ledger-committer");
    signerThread.start();
    committerThread.start();
  }

  /**
   * Opens the embedded ledger in a folder, or makes it. The head and all that will be built upon are
   * checked first; a head that a crash left unsigned is signed, and so is one that lacks a line of a
   * signer. One signer at least must be of a key that signed the stored checkpoint.
   *
   * @param origin the log's name; fixed when the ledger is made
   * @param signers one for each signature line of a checkpoint, all under the name {@code origin}
   * @throws LedgerException if the folder, the store or a key is not as it must be
   */
  public static Ledger open(
      SqliteConfig config, String origin, List<NoteSigner> signers, InstantSource clock)
      throws LedgerException {
    Database database = SqliteDatabase.open(config.folder());
    try {
      return open(database, config.limits(), origin, signers, clock);
    } catch (LedgerException | RuntimeException e) {
      database.close();
      throw e;
    }
  }

  static Ledger open(
      Database database,
      CommitLimits limits,
      String origin,
      List<NoteSigner> signers,
      InstantSource clock)
      throws LedgerException {
    Opening opening = Opening.of(database, origin, signers);
    HeadSigner signer =
        new HeadSigner(
            origin, signers, new RecentTree(opening.edge().range()), opening.signedHead());
    Committer committer =
        new Committer(
            database,
            limits,
            clock,
            signer,
            opening.session(),
            opening.edge(),
            opening.storedCheckpointSize());
    return new Ledger(database, limits, signer, committer);
  }

  /**
   * Commits an entry.
   *
   * @return completes on a thread of the ledger, within its patience: hand over from there whatever
   *     may block
   */
  public CompletionStage<CommitOutcome> commit(Entry entry) {
    return commit(List.of(entry)).thenApply(outcomes -> outcomes.get(0));
  }

  /**
   * Commits entries, each judged by itself and in this order, with leaves that follow one another as
   * far as one transaction holds them.
   *
   * @return the outcomes in the same order, once all are known; completes as for a single entry
   */
  public CompletionStage<List<CommitOutcome>> commit(List<Entry> entries) {
    Answers answers = new Answers(entries.size(), came -> inFlight.addAndGet(-came));
    int waiting = inFlight.addAndGet(entries.size());
    long deadline = deadlines.next();
    for (int place = 0; place < entries.size(); place++) {
      Pending pending = new Pending(entries.get(place), deadline, answers, place);
      if (waiting > limits.inFlight()) {
        pending.answer(tooMany());
      } else {
        deadlines.watch(pending);
        committer.submit(pending);
        // After it was queued: the committer has it or, where that thread has ended, nobody.
        if (closed && pending.take()) {
          pending.answer(new Unavailable(Reached.NOT_COMMITTED, "ledger", Committer.CLOSED));
        }
      }
    }
    return answers.all();
  }

  private Unavailable tooMany() {
    return new Unavailable(
        Reached.NOT_COMMITTED,
        "ledger",
        "at most "
            + limits.inFlight()
            + " entries must wait at once, more do; send it again later");
  }

  /** The newest signed checkpoint. */
  public SignedNote checkpoint() {
    return signer.newest().note();
  }

  /** Number of leaves that {@link #checkpoint} covers. */
  public long size() {
    return signer.newest().head().size();
  }

  /**
   * The tile's bytes; empty where no checkpoint covers it all. Each partial tile stays available: it
   * is cut from the wider one that took its place.
   */
  public Optional<byte[]> tile(TilePath path) throws LedgerException {
    return isSigned(path) ? read(store -> new TreeReads(store).tile(path)) : Optional.empty();
  }

  /** {@link #tile} for the readers of {@link dev.writ.tlog}. */
  public TileReader tiles() {
    return path -> {
      try {
        return tile(path);
      } catch (LedgerException e) {
        throw new IOException(e.getMessage(), e);
      }
    };
  }

  /** The bundle's bytes; empty where no checkpoint covers it all. */
  public Optional<byte[]> entryBundle(EntryBundlePath path) throws LedgerException {
    if (!isSigned(new TilePath(0, path.index(), path.width()))) {
      return Optional.empty();
    }
    long first = path.index() * Tile.WIDTH;
    List<byte[]> leaves = read(store -> new TreeReads(store).leaves(first, first + path.width()));
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

  /** The path of a leaf in the tree of some size; empty unless {@code index < treeSize <= size()}. */
  public Optional<InclusionProof> inclusionProof(long index, long treeSize) throws LedgerException {
    return index < 0 || index >= treeSize || treeSize > size()
        ? Optional.empty()
        : Optional.of(prove(treeSize, tree -> tree.inclusionProof(index)));
  }

  /** That a tree begins with an older one; empty unless {@code 1 <= oldSize <= newSize <= size()}. */
  public Optional<ConsistencyProof> consistencyProof(long oldSize, long newSize)
      throws LedgerException {
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

  private static LedgerException corrupt(String message, @Nullable Exception cause) {
    String text = "the store must hold what its checkpoint covers: " + message;
    return cause == null
        ? new LedgerException("ledger", text)
        : new LedgerException("ledger", text, cause);
  }

  /** The leaf at {@code index}, signed or not yet. */
  public Optional<Leaf> leaf(long index) throws LedgerException {
    List<byte[]> found = read(store -> new TreeReads(store).leaves(index, index + 1));
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Leaf.parse(found.get(0)));
    } catch (MalformedLeafException e) {
      throw corrupt("leaf " + index + ": " + e.getMessage(), e);
    }
  }

  /** What was kept beside the leaf at {@code index}, until it is erased. */
  public Optional<byte[]> payload(long index) throws LedgerException {
    return read(store -> new TreeReads(store).payload(index));
  }

  /**
   * Erases what was kept beside a leaf, so that neither table nor journal holds it any more. Waits
   * for the transaction under way.
   *
   * @return whether there was something
   */
  public boolean erasePayload(long index) throws LedgerException {
    try {
      return committer.erasePayload(index).get(limits.patience().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LedgerException failure) {
        throw failure;
      }
      throw new IllegalStateException("bug: an erasure failed without saying why", e);
    } catch (TimeoutException e) {
      throw new LedgerException(
          "ledger", "the payload of leaf " + index + " must be erased in time, may come later", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LedgerException("ledger", "the erasure was interrupted, may come later", e);
    }
  }

  /** The host with this attestation key. */
  public Optional<Host> host(AkName akName) throws LedgerException {
    return read(store -> new StateReads(store).host(akName));
  }

  /** The host with this endorsement key. */
  public Optional<Host> hostByEk(Hash ekDigest) throws LedgerException {
    return read(store -> new StateReads(store).hostByEk(ekDigest));
  }

  /** The host with this name. */
  public Optional<Host> hostByName(String name) throws LedgerException {
    return read(store -> new StateReads(store).hostByName(name));
  }

  /** The host's key that was certified under this name (SHA-256 of its TPM Name). */
  public Optional<InstanceKey> instanceKey(AkName akName, Hash keyName) throws LedgerException {
    return read(store -> new StateReads(store).instanceKey(akName, keyName));
  }

  /** The policy set in force; empty before the first. */
  public Optional<PolicyEpoch> policyEpoch() throws LedgerException {
    return read(store -> new StateReads(store).epoch());
  }

  /** The policy set that was in force under this number. */
  public Optional<PolicyEpoch> policyEpoch(long epoch) throws LedgerException {
    return read(store -> new StateReads(store).epoch(epoch));
  }

  /** The key of the service with this thumbprint. */
  public Optional<SigningKey> key(Hash kid) throws LedgerException {
    return read(store -> new StateReads(store).key(kid));
  }

  /** All keys of the service, of whatever state. */
  public List<SigningKey> keys() throws LedgerException {
    return read(store -> new StateReads(store).keys());
  }

  /** The artifact that was issued under this identity. */
  public Optional<IssuedArtifact> artifact(UuidV7 jti) throws LedgerException {
    return read(store -> new StateReads(store).artifact(jti));
  }

  /** How often the artifact was used here. */
  public long uses(UuidV7 jti) throws LedgerException {
    return read(store -> new StateReads(store).uses(jti));
  }

  /** Reads from the store. */
  @FunctionalInterface
  private interface Read<T> {
    T from(Statements store) throws SQLException;
  }

  private <T> T read(Read<T> read) throws LedgerException {
    try (Connection connection = database.readers().getConnection()) {
      return read.from(new Statements(connection));
    } catch (SQLException e) {
      throw LedgerException.of("the store must be readable", e);
    }
  }

  /**
   * Commits and answers what waits, as far as the ledger's patience goes, stores the newest
   * checkpoint and gives the store back. What cannot be answered any more is unavailable.
   */
  @Override
  public void close() {
    closed = true;
    committer.end();
    join(committerThread);
    signer.end();
    join(signerThread);
    deadlines.close();
    if (!committerThread.isAlive()) {
      committer.finish();
    }
    database.close();
  }

  private void join(Thread thread) {
    try {
      thread.join(limits.patience().toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
