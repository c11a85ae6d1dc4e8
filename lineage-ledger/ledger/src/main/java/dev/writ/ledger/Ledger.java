// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.MalformedLeafException;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.EntryBundlePath;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.NoteSigner;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TileReader;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * An append-only log of leaves, and the state that changes with them.
 *
 * <p>{@link #commit} is the only way in. Reads see what is committed; tiles, bundles and proofs, which
 * a checkpoint must vouch for, see what is signed. Safe for use by any number of threads.
 */
public final class Ledger extends CommittedState implements AutoCloseable {
  private final Database database;
  private final CommitLimits limits;
  private final StoreReader store;
  private final WitnessQuorums witnesses;
  private final SignedTree tree;
  private final Deadlines deadlines;
  private final HeadSigner signer;
  private final Committer committer;
  private final List<Anchoring> anchorings;
  private final Optional<Archiving> archiving;
  private final Entries entries;
  private final Jobs jobs;
  private final Payloads payloads;
  private final SharedKeys sharedKeys;
  private final StatusSnapshots statusSnapshots;
  private final Thread signerThread;
  private final Thread committerThread;

  private Ledger(
      Database database,
      CommitLimits limits,
      InstantSource clock,
      WitnessQuorums witnesses,
      HeadSigner signer,
      Committer committer,
      List<Anchoring> anchorings,
      LedgerEvents events) {
    super(new StoreReader(database), clock);
    this.database = database;
    this.limits = limits;
    this.store = new StoreReader(database);
    this.witnesses = witnesses;
    this.tree = new SignedTree(store, signer);
    this.signer = signer;
    this.committer = committer;
    this.anchorings = anchorings;
    this.deadlines = new Deadlines(limits.patience());
    this.entries = new Entries(committer, signer, deadlines, limits);
    this.jobs = new Jobs(committer, deadlines);
    this.payloads = new Payloads(store, jobs);
    this.sharedKeys = new SharedKeys(store, jobs);
    this.statusSnapshots = new StatusSnapshots(store, jobs);
    // A job's transaction begins with what other nodes have committed.
    signer.followBy(
        () -> {
          var unused = jobs.submit("other nodes must be followed", (writer, now) -> true);
        });
    this.signerThread = Deadlines.daemon(signer, "ledger-signer");
    this.committerThread = Deadlines.daemon(committer, "ledger-committer");
    signerThread.start();
    committerThread.start();
    this.archiving =
        database
            .archive()
            .map(archive -> new Archiving(archive, store, signer, jobs, clock, events));
  }

  /**
   * Opens the ledger in a store, or makes it. The head and all that will be built upon are
   * checked first; a head that a crash left unsigned is signed, and so is one that lacks a line of a
   * signer. One signer at least must be of a key that signed the stored checkpoint.
   *
   * @param origin the log's name; fixed when the ledger is made
   * @param keys say who signs checkpoints
   * @param witnesses says who cosigns each, where the policy has a quorum: nothing is answered before
   * @param counter has a store that was put back contradict it
   * @param events is told what the ledger does
   * @throws LedgerException if the store, a key or the counter is not as it must be, a witness has seen
   *     a newer tree or another one, or no checkpoint is cosigned that the ledger could begin with
   */
  public static Ledger open(
      StoreConfig config,
      String origin,
      CheckpointKeys keys,
      WitnessChoice witnesses,
      Optional<CounterAnchor> counter,
      InstantSource clock,
      LedgerEvents events)
      throws LedgerException {
    return open(config, origin, keys, Optional.of(witnesses), counter, clock, events);
  }

  /** The same without witnesses and counter. */
  public static Ledger open(
      StoreConfig config,
      String origin,
      CheckpointKeys keys,
      InstantSource clock,
      LedgerEvents events)
      throws LedgerException {
    return open(config, origin, keys, Optional.empty(), Optional.empty(), clock, events);
  }

  private static Ledger open(
      StoreConfig config,
      String origin,
      CheckpointKeys keys,
      Optional<WitnessChoice> witnesses,
      Optional<CounterAnchor> counter,
      InstantSource clock,
      LedgerEvents events)
      throws LedgerException {
    Database database = Database.open(config);
    try {
      Anchors anchors = Anchors.of(config, database, counter);
      return open(database, config.limits(), origin, keys, anchors, witnesses, clock, events);
    } catch (LedgerException | RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /** The same with keys that do not change, and nobody listens. */
  public static Ledger open(
      StoreConfig config, String origin, List<NoteSigner> signers, InstantSource clock)
      throws LedgerException {
    return open(config, origin, CheckpointKeys.of(signers), clock, LedgerEvents.NONE);
  }

  static Ledger open(
      Database database,
      CommitLimits limits,
      String origin,
      List<NoteSigner> signers,
      InstantSource clock,
      LedgerEvents listener)
      throws LedgerException {
    return open(
        database,
        limits,
        origin,
        CheckpointKeys.of(signers),
        Anchors.NONE,
        Optional.empty(),
        clock,
        listener);
  }

  private static Ledger open(
      Database database,
      CommitLimits limits,
      String origin,
      CheckpointKeys keys,
      Anchors anchors,
      Optional<WitnessChoice> choice,
      InstantSource clock,
      LedgerEvents listener)
      throws LedgerException {
    LedgerEvents events = new QuietEvents(listener);
    WitnessQuorums witnesses = new WitnessQuorums(database, events);
    Opening opening =
        Opening.of(
            database,
            origin,
            keys,
            anchors,
            trustFiles ->
                choice.isPresent() ? witnesses.of(choice.get().by(trustFiles)) : Cosigning.NONE);
    HeadSigner signer =
        new HeadSigner(
            origin,
            opening.signers(),
            new RecentTree(opening.edge().range()),
            opening.signedHead(),
            opening.cosigning(),
            events);
    Committer committer = new Committer(database, limits, clock, signer, opening, events);
    List<Anchoring> anchorings =
        anchors.keep(opening.signedHead().head().size(), signer::newest, events);
    return new Ledger(database, limits, clock, witnesses, signer, committer, anchorings, events);
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
  public CompletionStage<List<CommitOutcome>> commit(List<Entry> together) {
    return entries.submit(together);
  }

  /**
   * Lets others sign checkpoints, from the next head on: a head is signed by all of them or by none.
   *
   * @param signers one for each line
   * @throws LedgerException if there is none, or one is under another name than the log's
   */
  public void signWith(List<NoteSigner> signers) throws LedgerException {
    signer.signWith(signers);
  }

  /**
   * Lets others cosign checkpoints, from now on: nothing more is answered before they have cosigned the
   * newest head.
   */
  public void witnessWith(Witnesses others) {
    signer.witnessWith(witnesses.of(others));
  }

  /** Why these witnesses are no quorum for what is signed now; empty if they are. Asks each of them. */
  public Optional<String> missing(Witnesses others) {
    return witnesses.missing(others, signer.newest());
  }

  /** The newest signed checkpoint. */
  public SignedNote checkpoint() {
    return signer.newest().note();
  }

  /** Number of leaves that {@link #checkpoint} covers. */
  @Override
  public long size() {
    return tree.size();
  }

  /**
   * The tile's bytes; empty where no checkpoint covers it all. Each partial tile stays available: it
   * is cut from the wider one that took its place.
   */
  public Optional<byte[]> tile(TilePath path) throws LedgerException {
    return tree.tile(path);
  }

  /** {@link #tile} for the readers of {@link dev.writ.tlog}. */
  public TileReader tiles() {
    return tree.tiles();
  }

  /** The bundle's bytes; empty where no checkpoint covers it all. */
  public Optional<byte[]> entryBundle(EntryBundlePath path) throws LedgerException {
    return tree.entryBundle(path);
  }

  /** The path of a leaf in the tree of some size; empty unless {@code index < treeSize <= size()}. */
  public Optional<InclusionProof> inclusionProof(long index, long treeSize) throws LedgerException {
    return tree.inclusionProof(index, treeSize);
  }

  /** That a tree begins with an older one; empty unless {@code 1 <= oldSize <= newSize <= size()}. */
  public Optional<ConsistencyProof> consistencyProof(long oldSize, long newSize)
      throws LedgerException {
    return tree.consistencyProof(oldSize, newSize);
  }

  /**
   * Places of revocations that {@link #checkpoint} covers, lowest first, as far as this version of the store
   * wrote them.
   *
   * @param from the lowest
   * @param limit how many at most
   */
  public List<Long> revocations(long from, int limit) throws LedgerException {
    long size = size();
    return store.read(statements -> new StateReads(statements).revocations(from, size, limit));
  }

  /**
   * Tells of each head that was signed and may have a revocation which none before had, by this node or by
   * another.
   *
   * @param told called on a thread of the ledger, on which entries wait: it must return at once
   */
  public void whenRevoked(Runnable told) {
    signer.whenRevoked(told);
  }

  /** The leaf at {@code index}, signed or not yet. */
  public Optional<Leaf> leaf(long index) throws LedgerException {
    List<byte[]> found = store.tree(tree -> tree.leaves(index, index + 1));
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Leaf.parse(found.get(0)));
    } catch (MalformedLeafException e) {
      throw SignedTree.corrupt("leaf " + index + ": " + e.getMessage(), e);
    }
  }

  /** What the store holds of the log, and for how long. */
  public LogRetention retention() throws LedgerException {
    long minimum = store.tree(KeptTree::minimum);
    return new LogRetention(signer.origin(), minimum, database.archive().map(TileArchive::config));
  }

  /** What lies beside the leaves. */
  public Payloads payloads() {
    return payloads;
  }

  /** The bytes of {@link Payloads#at}. */
  public Optional<byte[]> payload(long index) throws LedgerException {
    return payloads.at(index).map(KeptPayload::bytes);
  }

  /**
   * Reserves status indices, all of them nobody else's until {@code freeAt}: the lowest block whose
   * time is past, else one that never was reserved.
   *
   * @param freeAt no artifact with one of them may count from then on, however old a token is that it
   *     is judged by: at least the end of the last plus {@code max_age_s}
   * @return completes exceptionally with a {@link LedgerException}, on a thread of the ledger, within
   *     its patience; a block may then be reserved that nobody uses
   */
  public CompletionStage<StatusBlock> reserveStatusBlock(Instant freeAt) {
    return jobs.submit(
        "a block of status indices must be reserved",
        (writer, now) -> new StatusLists(writer.statements()).reserve(freeAt, now));
  }

  /**
   * What status tokens over these lists say now: whatever was answered before is in it. Reads it on this thread,
   * while others commit.
   *
   * @param margin how long after its end an artifact's bit is still given
   * @throws LedgerException if it cannot be read, or the writer does not come to it within the ledger's patience
   */
  public StatusSnapshot statusSnapshot(List<Integer> lists, Duration margin)
      throws LedgerException {
    return statusSnapshots.take(lists, margin);
  }

  /** The keys that all nodes share. */
  public SharedKeys sharedKeys() {
    return sharedKeys;
  }

  /**
   * The first leaf that a reader of this name may not have been told of; empty where that was never kept.
   *
   * @param reader a word of a-z, 0-9, - and _
   */
  public OptionalLong told(String reader) throws LedgerException {
    ToldReaders.requireName(reader);
    return store.read(statements -> new ToldReaders(statements).next(reader));
  }

  /**
   * Keeps that a reader was told of all before {@code next}; it never goes back.
   *
   * @return how far it was told by whoever told it most; completes exceptionally as {@link
   *     #reserveStatusBlock} does
   */
  public CompletionStage<Long> keepTold(String reader, long next) {
    ToldReaders.requireName(reader);
    return jobs.submit(
        "how far " + reader + " was told must be kept",
        (writer, now) -> new ToldReaders(writer.statements()).keep(reader, next));
  }

  /**
   * Finds out whether an entry would get a receipt now: the writer takes its lock and makes a change
   * durable, and every checkpoint key signs.
   *
   * @return why one would not, empty if it would; completes within twice the ledger's patience, never
   *     exceptionally
   */
  public CompletionStage<Optional<LedgerException>> probe() {
    return jobs.probe()
        .thenCompose(
            failure ->
                failure.isPresent()
                    ? CompletableFuture.completedFuture(failure)
                    : signer.probe(limits.patience()));
  }

  /**
   * Commits and answers what waits, as far as the ledger's patience goes, stores the newest
   * checkpoint and gives the store back. What cannot be answered any more is unavailable.
   */
  @Override
  public void close() {
    archiving.ifPresent(Archiving::close);
    entries.close();
    jobs.close();
    committer.end();
    join(committerThread);
    signer.end();
    join(signerThread);
    signer.closeWitnesses();
    anchorings.forEach(Anchoring::close);
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
