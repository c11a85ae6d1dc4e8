// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.ledger.WitnessRound.Said;
import dev.writ.tlog.AddCheckpoint;
import dev.writ.tlog.AddCheckpointAnswer;
import dev.writ.tlog.BoundedBody;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MalformedTileException;
import dev.writ.tlog.MalformedWitnessAnswerException;
import dev.writ.tlog.NoteOutcome;
import dev.writ.tlog.NoteSignature;
import dev.writ.tlog.NoteVerifier;
import dev.writ.tlog.SignedNote;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One witness, asked on a thread of its own for the newest head that waits: one that hangs holds up
 * nobody else, and a head that a newer one overtook is not asked for.
 *
 * <p>Nothing that it answers is believed but a cosignature that verifies: a size that it names only
 * chooses the proof that it is sent next.
 */
final class WitnessClient implements Runnable, AutoCloseable {
  /** A first guess of the witness's size, the size that it names, and some more if other nodes ask, too. */
  private static final int ATTEMPTS = 8;

  /** The log's own tree, as it is committed. */
  interface CommittedTree {
    /** Number of leaves that are committed now, also by other nodes; empty where there can be none. */
    OptionalLong sharedSize() throws LedgerException;

    /** That the tree of {@code newSize} leaves begins with that of {@code oldSize}, both above 0. */
    ConsistencyProof between(long oldSize, long newSize)
        throws LedgerException, IOException, MalformedTileException;
  }

  private final Witnesses.Asked witness;
  private final NoteVerifier verifier;
  private final URI url;
  private final HttpClient client;
  private final CommittedTree tree;
  private final Duration patience;
  private final LedgerEvents events;
  private final AtomicReference<@Nullable WitnessRound> waiting = new AtomicReference<>();
  private final Thread thread;

  /** Size of the newest tree that it cosigned, as far as is known; owned by the thread. */
  private long known;

  /** Size of the newest tree that it verifiably cosigned; owned by the thread. */
  private long cosigned;

  /** What it said last; owned by the thread. */
  private @Nullable Said before;

  @GuardedBy("this")
  private boolean closed;

  WitnessClient(
      Witnesses.Asked witness,
      HttpClient client,
      CommittedTree tree,
      Duration patience,
      LedgerEvents events) {
    this.witness = witness;
    this.verifier = NoteVerifier.of(witness.key());
    String prefix = witness.url().toString();
    this.url = URI.create((prefix.endsWith("/") ? prefix : prefix + "/") + "add-checkpoint");
    this.client = client;
    this.tree = tree;
    this.patience = patience;
    this.events = events;
    this.thread = Deadlines.daemon(this, "ledger-witness-" + witness.name());
    thread.start();
  }

  /** Has the witness asked for this head as soon as it can be, in the place of any that waits. */
  void ask(WitnessRound round) {
    synchronized (waiting) {
      waiting.set(round);
      waiting.notifyAll();
    }
  }

  private WitnessRound next() throws InterruptedException {
    synchronized (waiting) {
      WitnessRound round = waiting.getAndSet(null);
      while (round == null) {
        waiting.wait();
        round = waiting.getAndSet(null);
      }
      return round;
    }
  }

  @Override
  public void run() {
    try {
      while (true) {
        WitnessRound round = next();
        Said said = cosign(round);
        tell(said);
        round.says(witness, said);
      }
    } catch (InterruptedException e) {
      // Closed: who waits for it is, too.
    }
  }

  /** Tells what changed: one that stays away is not told of with each head, and one that is closed never. */
  private synchronized void tell(Said said) {
    if (closed) {
      return;
    }
    boolean failedBefore = before instanceof Said.Failed;
    boolean contradictedBefore = before instanceof Said.Contradicted;
    if (said instanceof Said.Failed failed && !failedBefore) {
      events.witnessFailed(witness.name(), failed.reason(), false);
    } else if (said instanceof Said.Contradicted contradicted && !contradictedBefore) {
      events.witnessFailed(witness.name(), contradicted.reason(), true);
    } else if (said instanceof Said.Cosigned && (failedBefore || contradictedBefore)) {
      events.witnessBack(witness.name());
    }
    before = said;
  }

  private Said cosign(WitnessRound round) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        long old = Math.min(known, round.head().size());
        AddCheckpointAnswer answer = post(request(round, old), deadline);
        if (answer instanceof AddCheckpointAnswer.Cosigned cosigned) {
          known = round.head().size();
          return verified(round, cosigned.cosignatures());
        }
        if (answer instanceof AddCheckpointAnswer.Refused refused) {
          return refused(refused, old, round.head().size());
        }
        long stored = ((AddCheckpointAnswer.Conflict) answer).storedSize();
        if (stored > round.head().size()) {
          return newer(stored, round.head().size());
        }
        if (stored == old && old == round.head().size()) {
          return new Said.Contradicted("says that it cosigned another root of " + old + " leaves");
        }
        if (stored < this.cosigned) {
          tell(
              new Said.Contradicted(
                  "says that it cosigned "
                      + stored
                      + " leaves, and had cosigned "
                      + this.cosigned
                      + ": it has lost its memory, or runs on an older copy"));
          this.cosigned = 0;
        }
        known = stored;
      }
      return new Said.Failed("names another size each time");
    } catch (MalformedWitnessAnswerException | IOException | LedgerException e) {
      return new Said.Failed("could not be asked (" + e.getMessage() + ")");
    } catch (MalformedTileException e) {
      return new Said.Failed("could not be sent a proof (" + e.getMessage() + ")");
    } catch (RuntimeException e) {
      return new Said.Failed("could not be asked (bug: " + e + ")");
    }
  }

  /** A node commits before it asks a witness, so that what another node had cosigned is in the store by now. */
  private Said newer(long stored, long own) throws LedgerException {
    long committed = tree.sharedSize().orElse(own);
    return stored <= committed
        ? new Said.Overtaken(stored)
        : new Said.Contradicted(
            "says that it cosigned " + stored + " leaves, and there are " + committed);
  }

  /** A proof from a size that the witness named, and that it does not take, is one of another tree. */
  private Said refused(AddCheckpointAnswer.Refused refused, long old, long size) {
    if (refused.why() == AddCheckpointAnswer.Why.NOT_CONSISTENT && old > 0) {
      known = 0;
      return new Said.Contradicted(
          old == size
              ? "says that it cosigned another root of " + old + " leaves"
              : "says that the tree of " + old + " leaves that it cosigned is another");
    }
    return new Said.Failed("refused with " + refused.status() + ": " + refused.reason());
  }

  private AddCheckpoint request(WitnessRound round, long old)
      throws LedgerException, IOException, MalformedTileException {
    long size = round.head().size();
    List<Hash> path = old == 0 || old == size ? List.of() : tree.between(old, size).path();
    return AddCheckpoint.of(old, path, round.note());
  }

  private Said verified(WitnessRound round, List<NoteSignature> lines) {
    SignedNote note = round.note();
    for (NoteSignature line : lines) {
      if (line.keyId() == witness.key().keyId() && line.name().equals(witness.key().name())) {
        if (note.with(List.of(line)).open(List.of(verifier)) instanceof NoteOutcome.Opened) {
          cosigned = Math.max(cosigned, round.head().size());
          return new Said.Cosigned(line);
        }
        return new Said.Failed("answered with a cosignature that does not verify");
      }
    }
    return new Said.Failed("answered without a cosignature of its key");
  }

  private AddCheckpointAnswer post(AddCheckpoint request, long deadline)
      throws IOException, InterruptedException, MalformedWitnessAnswerException {
    try {
      return send(request, deadline);
    } catch (IOException e) {
      if (System.nanoTime() - deadline >= 0) {
        throw e;
      }
      // A connection that was kept may be gone, and a request that comes twice does no harm.
      return send(request, deadline);
    }
  }

  private AddCheckpointAnswer send(AddCheckpoint request, long deadline)
      throws IOException, InterruptedException, MalformedWitnessAnswerException {
    HttpRequest post =
        HttpRequest.newBuilder(url)
            .POST(HttpRequest.BodyPublishers.ofByteArray(request.bytes()))
            .build();
    CompletableFuture<HttpResponse<byte[]>> sent =
        client.sendAsync(post, info -> new BoundedBody(AddCheckpointAnswer.MAX_BYTES));
    try {
      HttpResponse<byte[]> response =
          sent.get(Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
      return AddCheckpointAnswer.parse(
          response.statusCode(),
          response.headers().firstValue("Content-Type").orElse(""),
          response.body());
    } catch (TimeoutException e) {
      throw new IOException("no answer within " + patience.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      throw new IOException(String.valueOf(e.getCause()), e);
    } finally {
      // The headers' time does not end a body that never does.
      boolean unused = sent.cancel(true);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    thread.interrupt();
  }
}
