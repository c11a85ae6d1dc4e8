// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.MalformedTileException;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteOutcome;
import dev.writ.tlog.NoteSigningException;
import dev.writ.tlog.NoteVerifier;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TilePath;
import dev.writ.tlog.TileTree;
import java.io.IOException;
import java.net.http.HttpClient;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Asks the witnesses of a log policy all at once, and waits for as many as its quorum takes.
 *
 * <p>A head that is not cosigned in time has been signed and shown to witnesses all the same: it is of
 * this store, which has its leaves, so that the next head continues it.
 */
final class WitnessQuorum implements Cosigning {
  private final Witnesses witnesses;
  private final WitnessTurn turn;
  private final List<NoteVerifier> verifiers;
  private final List<WitnessClient> clients;

  /**
   * Asks nobody yet.
   *
   * @param shared whether other nodes commit to the same store, and have their heads cosigned
   * @param turn when to ask
   */
  WitnessQuorum(
      Witnesses witnesses,
      StoreReader store,
      boolean shared,
      WitnessTurn turn,
      LedgerEvents events) {
    this.turn = turn;
    HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(witnesses.patience())
            .build();
    WitnessClient.CommittedTree tree = new StoredTree(store, shared);
    this.witnesses = witnesses;
    this.verifiers =
        witnesses.policy().witnesses().stream()
            .map(LogPolicy.Witness::key)
            .filter(key -> key.type().isVerified())
            .map(NoteVerifier::of)
            .toList();
    this.clients =
        witnesses.asked().stream()
            .map(one -> new WitnessClient(one, client, tree, witnesses.patience(), events))
            .toList();
  }

  /** Tiles are durable before their head is signed; that of a head not answered yet is among them. */
  private record StoredTree(StoreReader store, boolean shared)
      implements WitnessClient.CommittedTree {
    @Override
    public OptionalLong sharedSize() throws LedgerException {
      if (!shared) {
        return OptionalLong.empty();
      }
      Optional<TreeReads.HeadRow> row = store.read(statements -> new TreeReads(statements).head());
      return OptionalLong.of(row.orElseThrow(RightEdgeCheck::noHead).head().size());
    }

    @Override
    public ConsistencyProof between(long oldSize, long newSize)
        throws LedgerException, IOException, MalformedTileException {
      return new TileTree(this::tile, newSize).consistencyProof(oldSize);
    }

    private Optional<byte[]> tile(TilePath path) throws IOException {
      try {
        return store.tree(tree -> tree.tile(path));
      } catch (LedgerException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
  }

  @Override
  public boolean isCosigned(SignedNote note) {
    if (note.open(verifiers) instanceof NoteOutcome.Opened opened) {
      Set<NoteKey> cosigned =
          opened.signatures().stream()
              .map(NoteOutcome.VerifiedSignature::key)
              .collect(Collectors.toSet());
      return witnesses.policy().isQuorum(cosigned);
    }
    return false;
  }

  @Override
  public Optional<SignedNote> begin(Head head, SignedNote signed) throws LedgerException {
    try {
      WitnessRound round = ask(head, signed);
      round.awaitAll(deadline());
      Optional<String> contradiction = round.contradiction();
      if (contradiction.isPresent()) {
        throw new LedgerException(
            "ledger",
            "the store must hold what its witnesses have seen, and witness "
                + contradiction.get()
                + ": the store was rolled back, or forked, or the witness lies; restore the newest"
                + " copy, and begin on no older one");
      }
      return round.result();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  @Override
  public void takeTurn() {
    turn.take();
  }

  @Override
  public void passTurn() {
    turn.pass();
  }

  @Override
  public Optional<SignedNote> cosign(Head head, SignedNote signed) throws NoteSigningException {
    try {
      WitnessRound round = ask(head, signed);
      round.awaitQuorum(deadline());
      Optional<SignedNote> cosigned = round.result();
      if (cosigned.isPresent() || round.isOvertaken()) {
        return cosigned;
      }
      throw missed(round.failures(witnesses.asked()), new IOException("no quorum"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw missed("the ledger is closing", e);
    }
  }

  /** Why there is no quorum that has seen a head, or one that came after it; empty if there is. */
  Optional<String> missing(SignedHead head) {
    try {
      WitnessRound round = ask(head.head(), head.note());
      round.awaitAll(deadline());
      return round.isSeenByQuorum()
          ? Optional.empty()
          : Optional.of(round.failures(witnesses.asked()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("the wait was interrupted");
    }
  }

  private static NoteSigningException missed(String why, Exception cause) {
    return new NoteSigningException(
        Witnesses.QUORUM_MISSED,
        "a quorum of witnesses must cosign the ledger's head, did not: "
            + why
            + "; see to the witnesses, the ledger goes on by itself",
        cause);
  }

  private WitnessRound ask(Head head, SignedNote signed) {
    // Lines that are there already are of an earlier time.
    SignedNote plain = withoutCosignatures(signed);
    WitnessRound round = new WitnessRound(head, plain, witnesses.policy(), clients.size());
    clients.forEach(client -> client.ask(round));
    return round;
  }

  private SignedNote withoutCosignatures(SignedNote note) {
    return SignedNote.of(
        note.text(),
        note.signatures().stream()
            .filter(
                line ->
                    verifiers.stream()
                        .noneMatch(
                            verifier ->
                                verifier.key().keyId() == line.keyId()
                                    && verifier.key().name().equals(line.name())))
            .toList());
  }

  private long deadline() {
    return System.nanoTime() + witnesses.patience().toNanos();
  }

  @Override
  public void close() {
    clients.forEach(WitnessClient::close);
    turn.close();
  }
}
