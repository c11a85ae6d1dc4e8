// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.artifact.StatusToken;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.SignedNote;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/**
 * Pushes revocations to gateways that are connected, as server-sent events: each leaf of kind revocation
 * with its proof, whichever node committed it, and each status token that this node makes.
 *
 * <p>Nothing is queued for a reader. It has two places, of the next leaf and of the newest token that it
 * was sent, and gets what comes after them as fast as it reads: from the newest events, which all readers
 * share, or from the ledger. So a reader that stalls costs what its connection holds, and nobody waits for
 * it.
 *
 * <p>A reader that comes for the first time is given the newest tokens, and the events from the first on that
 * one of them does not know: nothing lies between.
 */
final class RevocationStream implements StreamSource, AutoCloseable {
  /** Newest events that are kept ready. */
  static final int RECENT = 1024;

  /** Events that are read from the ledger at once. */
  private static final int AT_ONCE = 64;

  /** Older events that are read for readers at once, who may have room for few. */
  private static final int OLDER_AT_ONCE = 16;

  private static final long PATIENCE_MILLIS = 1_000;

  /** How long tokens wait for those that come close behind them. */
  private static final long TOGETHER_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** How long tokens may take to know of a revocation before this asks for them. */
  private static final long TOKENS_MILLIS = 20;

  private final Ledger ledger;
  private final StatusTokens tokens;
  private final RevocationEvents events;
  private final List<Runnable> others = new CopyOnWriteArrayList<>();
  private final Set<StreamReaders> readers = ConcurrentHashMap.newKeySet();
  private final Semaphore wake = new Semaphore(0);
  private final Thread thread;
  private final LongAdder stalled = new LongAdder();
  private final LongAdder pushed = new LongAdder();
  private volatile boolean closed;

  /** All revocations from {@link #floor} on and before {@link #next} that a checkpoint covers. */
  private final NavigableMap<Long, Buffer> recent = new ConcurrentSkipListMap<>();

  /** Written by the thread alone, as {@link #next}. */
  private volatile long floor;

  private volatile long next;

  /** The newest token of each list, by its version. */
  private final NavigableMap<Long, Buffer> tokenEvents = new ConcurrentSkipListMap<>();

  @GuardedBy("this")
  private final Map<Integer, Made> newest = new HashMap<>();

  @GuardedBy("this")
  private long version;

  /** Made, and not pushed yet; the newest of each list. */
  @GuardedBy("this")
  private final Map<Integer, StatusToken> waiting = new HashMap<>();

  @GuardedBy("this")
  private long waitingSince;

  /** A token, and the version under which readers get it. */
  private record Made(long version, StatusToken token) {}

  /** Older events that are being read, by where they begin: of many who want them one reads. */
  private final Map<Long, CompletableFuture<Older>> reading = new ConcurrentHashMap<>();

  /** Whose signatures the proofs of the newest events have; owned by the thread. */
  private Set<String> provenBy = Set.of();

  RevocationStream(Ledger ledger, StatusTokens tokens) {
    this.ledger = ledger;
    this.tokens = tokens;
    this.events = new RevocationEvents(ledger);
    this.thread = new Thread(this::run, "writ-revocations");
    thread.setDaemon(true);
  }

  /** Pushes what is committed from now on; what was before is in the ledger. */
  void start() {
    long size = ledger.size();
    floor = size;
    next = size;
    ledger.whenRevoked(wake::release);
    tokens.whenMade(this::made);
    synchronized (this) {
      waitingSince = System.nanoTime() - TOGETHER_NANOS;
    }
    var unused = pushTokens();
    thread.start();
  }

  /** Says whom else to tell that there are more revocations; from the thread that readers wait for. */
  void also(Runnable told) {
    others.add(told);
  }

  @Override
  public void register(StreamReaders group) {
    readers.add(group);
  }

  @Override
  public void unregister(StreamReaders group) {
    readers.remove(group);
  }

  @Override
  public void stalled() {
    stalled.increment();
  }

  /** Readers connected now. */
  int connected() {
    return readers.stream().mapToInt(StreamReaders::size).sum();
  }

  /** Revocations that were made ready for all readers. */
  long pushed() {
    return pushed.sum();
  }

  /** Readers that were disconnected because they did not read. */
  long stalledSoFar() {
    return stalled.sum();
  }

  @Override
  public long begin(OptionalLong after) {
    if (after.isPresent()) {
      return after.getAsLong() + 1;
    }
    synchronized (this) {
      return newest.values().stream()
          .mapToLong(made -> made.token().claims().writ().treeSize())
          .min()
          .orElse(next);
    }
  }

  @Override
  public boolean isOlder(long from) {
    return from < floor;
  }

  @Override
  public Optional<Map.Entry<Long, Buffer>> event(long from) {
    return Optional.ofNullable(recent.ceilingEntry(from));
  }

  @Override
  public Optional<Map.Entry<Long, Buffer>> tokenAfter(long version) {
    return Optional.ofNullable(tokenEvents.higherEntry(version));
  }

  @Override
  public CompletableFuture<Older> older(long from, WorkPool reads) {
    CompletableFuture<Older> fresh = new CompletableFuture<>();
    CompletableFuture<Older> before = reading.putIfAbsent(from, fresh);
    if (before != null) {
      return before;
    }
    var unused =
        reads
            .submit(() -> read(from))
            .whenComplete(
                (found, failure) -> {
                  reading.remove(from);
                  if (failure != null) {
                    fresh.completeExceptionally(failure);
                  } else {
                    fresh.complete(found);
                  }
                });
    return fresh;
  }

  private Older read(long from) throws LedgerException {
    long ready = floor;
    List<Map.Entry<Long, Buffer>> found = new ArrayList<>();
    List<Long> places = ledger.revocations(from, OLDER_AT_ONCE);
    for (long index : places) {
      if (index >= ready) {
        return new Older(found, ready);
      }
      found.add(Map.entry(index, event(index, ledger.checkpoint())));
    }
    return new Older(
        found,
        places.size() == OLDER_AT_ONCE ? places.get(places.size() - 1) + 1 : Math.max(from, ready));
  }

  private void run() {
    long owed = -1;
    long owedSince = 0;
    while (!closed) {
      long patience =
          Math.min(
              owed < 0 ? PATIENCE_MILLIS : TOKENS_MILLIS, pushTokens().orElse(PATIENCE_MILLIS));
      try {
        boolean unused = wake.tryAcquire(patience, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        return;
      }
      wake.drainPermits();
      try {
        boolean found = take();
        if (found) {
          readers.forEach(StreamReaders::tell);
          others.forEach(Runnable::run);
          owedSince = owed < 0 ? System.nanoTime() : owedSince;
          owed = next - 1;
        }
        // However many come behind it, what was withdrawn first waits no longer.
        if (owed >= 0 && (!found || System.nanoTime() - owedSince >= TOGETHER_NANOS)) {
          // By another node, or of more lists than whoever withdrew had made anew.
          if (!tokens.allKnow(owed)) {
            var unused = tokens.publishAll();
          }
          owed = -1;
        }
      } catch (LedgerException e) {
        // Read again at the next turn; gateways pull tokens meanwhile.
      } catch (RuntimeException e) {
        Defect.log("the stream of revocations", e);
      }
    }
  }

  /** Makes events of what was committed since; whether there is any. */
  private boolean take() throws LedgerException {
    boolean any = false;
    List<Long> places;
    do {
      long covered = ledger.size();
      places = ledger.revocations(next, AT_ONCE);
      SignedNote note = ledger.checkpoint();
      proveAnew(note);
      for (long index : places) {
        recent.put(index, event(index, note));
        next = index + 1;
        pushed.increment();
        any = true;
      }
      if (places.isEmpty()) {
        next = Math.max(next, covered);
      }
      while (recent.size() > RECENT) {
        floor = recent.firstKey() + 1;
        recent.pollFirstEntry();
      }
    } while (places.size() == AT_ONCE);
    return any;
  }

  /**
   * Where others sign than did before, nobody may believe the proofs of before any longer: such events are
   * read from the ledger again when somebody wants them, with proofs of then.
   */
  private void proveAnew(SignedNote note) {
    Set<String> signers =
        note.signatures().stream()
            .map(signature -> signature.name() + '+' + signature.keyId())
            .collect(Collectors.toSet());
    if (!signers.equals(provenBy)) {
      provenBy = signers;
      floor = next;
      recent.clear();
    }
  }

  private Buffer event(long index, SignedNote note) throws LedgerException {
    Buffer ready = recent.get(index);
    if (ready != null) {
      return ready;
    }
    byte[] json = events.json(index, note);
    return Buffer.buffer("id: " + index + "\nevent: revocation\ndata: ")
        .appendBytes(json)
        .appendString("\n\n");
  }

  /** Tokens were made: those before them are nobody's any more. */
  private synchronized void made(List<StatusToken> made, Set<Integer> inUse) {
    for (StatusToken token : made) {
      if (waiting.isEmpty()) {
        waitingSince = System.nanoTime();
      }
      waiting.merge(
          StatusTokens.number(token),
          token,
          (held, other) -> other.isLaterThan(held) ? other : held);
    }
    for (int gone : newest.keySet().stream().filter(list -> !inUse.contains(list)).toList()) {
      tokenEvents.remove(Objects.requireNonNull(newest.remove(gone)).version());
    }
    wake.release();
  }

  /**
   * Pushes tokens that were made, once those that come close behind each other are one: revocations go
   * first, and what they withdraw is denied without them.
   *
   * @return milliseconds until there is something to push; none where nothing waits
   */
  private synchronized OptionalLong pushTokens() {
    if (waiting.isEmpty()) {
      return OptionalLong.empty();
    }
    long left = TOGETHER_NANOS - (System.nanoTime() - waitingSince);
    if (left > 0) {
      return OptionalLong.of(left / 1_000_000 + 1);
    }
    for (StatusToken token : waiting.values()) {
      int list = StatusTokens.number(token);
      Made before = newest.get(list);
      if (before == null || token.isLaterThan(before.token())) {
        String text = "event: status\ndata: " + token.compact() + "\n\n";
        version++;
        tokenEvents.put(version, Buffer.buffer(text.getBytes(StandardCharsets.US_ASCII)));
        newest.put(list, new Made(version, token));
        if (before != null) {
          tokenEvents.remove(before.version());
        }
      }
    }
    waiting.clear();
    readers.forEach(StreamReaders::tell);
    return OptionalLong.empty();
  }

  /** Pushes no more; whoever reads is the doors' to disconnect. */
  @Override
  public void close() {
    closed = true;
    wake.release();
    try {
      thread.join(PATIENCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
