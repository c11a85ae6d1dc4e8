// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.ledger.WitnessStore.Cosigned;
import dev.writ.tlog.AddCheckpoint;
import dev.writ.tlog.AddCheckpointAnswer;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Cosigner;
import dev.writ.tlog.Hash;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteSignature;
import dev.writ.tlog.NoteSigningException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.WitnessRule;
import dev.writ.tlog.WitnessRule.Seen;
import dev.writ.tlog.WitnessRule.Verdict;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A witness of logs (c2sp.org/tlog-witness): cosigns a checkpoint if its tree continues the one that it
 * cosigned before, and remembers it first. Safe for use by any number of threads.
 */
public final class Witness implements AutoCloseable {
  private final WitnessStore store;
  private final Cosigner cosigner;
  private final WitnessRule rule;
  private final InstantSource clock;
  private final Consumer<SignedNote> forks;

  /** Origins by their SHA-256, as monitors name them. */
  private final Map<Hash, String> origins = new HashMap<>();

  private Witness(
      WitnessStore store,
      Cosigner cosigner,
      WitnessRule rule,
      InstantSource clock,
      Consumer<SignedNote> forks) {
    this.store = store;
    this.cosigner = cosigner;
    this.rule = rule;
    this.clock = clock;
    this.forks = forks;
    rule.origins()
        .forEach(
            origin -> origins.put(Hash.sha256(origin.getBytes(StandardCharsets.UTF_8)), origin));
  }

  /**
   * Makes the memory of a witness that has cosigned nothing.
   *
   * @param folder made where it is missing, and then for its owner alone
   * @throws LedgerException if the folder is a witness's already, or cannot be written
   */
  public static void make(Path folder, NoteKey key) throws LedgerException {
    WitnessStore.make(folder, key);
  }

  /**
   * Opens a witness.
   *
   * @param folder what {@link #make} made for the cosigner's key
   * @param rule the logs that it knows
   * @param forks is told of each checkpoint that shows that a log has two trees
   * @throws LedgerException if the folder is not the cosigner's memory, or open elsewhere
   */
  public static Witness open(
      Path folder,
      Cosigner cosigner,
      WitnessRule rule,
      InstantSource clock,
      Consumer<SignedNote> forks)
      throws LedgerException {
    return new Witness(WitnessStore.open(folder, cosigner.key()), cosigner, rule, clock, forks);
  }

  /** The key that verifies its cosignatures. */
  public NoteKey key() {
    return cosigner.key();
  }

  /**
   * Judges a request, and cosigns what may be.
   *
   * <p>The cosignature is made, stored with its tree, and answered, in that order: one that is not
   * stored is let go.
   *
   * @throws LedgerException if it can neither cosign nor say why not: its store fails, or its clock is
   *     behind the time of what it cosigned last
   */
  public AddCheckpointAnswer add(AddCheckpoint request) throws LedgerException {
    String origin = request.checkpoint().origin();
    Optional<Cosigned> before =
        rule.origins().contains(origin) ? store.find(origin) : Optional.empty();
    Optional<Seen> seen = before.map(Cosigned::seen);
    Verdict verdict = rule.judge(request, seen);
    if (verdict instanceof Verdict.Consistent consistent) {
      return cosign(consistent, before, seen);
    }
    if (verdict instanceof Verdict.Forked forked) {
      forks.accept(forked.note());
      return forked.answer();
    }
    return ((Verdict.Denied) verdict).answer();
  }

  private AddCheckpointAnswer cosign(
      Verdict.Consistent consistent, Optional<Cosigned> before, Optional<Seen> seen)
      throws LedgerException {
    Checkpoint checkpoint = consistent.checkpoint();
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    if (before.isPresent() && now.isBefore(before.get().time())) {
      throw new LedgerException(
          "witness",
          "the witness's clock must not be before "
              + before.get().time()
              + ", when it cosigned last, was "
              + now
              + "; set it right");
    }
    NoteSignature cosignature;
    try {
      cosignature = cosigner.cosign(consistent.note().text(), now);
    } catch (NoteSigningException e) {
      throw new LedgerException(e.code(), String.valueOf(e.getMessage()), e);
    }
    SignedNote note = consistent.note().with(List.of(cosignature));
    Seen next = new Seen(checkpoint.size(), checkpoint.root());
    if (store.replace(checkpoint.origin(), seen, next, now, note)) {
      return new AddCheckpointAnswer.Cosigned(List.of(cosignature));
    }
    // Another request came first: the log is told what is stored now.
    return new AddCheckpointAnswer.Conflict(
        store.find(checkpoint.origin()).map(other -> other.seen().size()).orElse(0L));
  }

  /**
   * The newest checkpoint that was cosigned of a log, with the log's signatures and the cosignature.
   *
   * @param origin SHA-256 of the log's origin
   * @return empty where no such log is known, or none was cosigned
   */
  public Optional<byte[]> checkpoint(Hash origin) throws LedgerException {
    String known = origins.get(origin);
    return known == null ? Optional.empty() : store.find(known).map(Cosigned::note);
  }

  @Override
  public void close() {
    store.close();
  }
}
