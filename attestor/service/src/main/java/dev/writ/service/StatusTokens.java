// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.StatusClaims;
import dev.writ.artifact.StatusGovernance;
import dev.writ.artifact.StatusList;
import dev.writ.artifact.StatusReference;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.TrustContent.StatusSource;
import dev.writ.hsm.HsmException;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.ledger.StatusSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The status token of each list in use: what withdraws artifacts, and tells gateways what is in force.
 *
 * <p>One thread makes all of them, so that a token is never followed by an older one: of a snapshot
 * that the ledger takes under its head, at each third of the ttl, and at once where somebody waits for
 * one ({@link #publish}). All who wait while one is made share the next.
 */
public final class StatusTokens implements AutoCloseable {
  private static final long PATIENCE_MILLIS = 1_000;

  private final Ledger ledger;
  private final KeysInUse keys;
  private final SignatureCounts counts;
  private final StatusSource source;
  private final TrustFiles trust;
  private final Duration skew;
  private final Duration ttl;
  private final Duration renewal;
  private final InstantSource clock;
  private final Map<Integer, StatusToken> inForce = new ConcurrentHashMap<>();
  private final Thread thread;

  private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
  private volatile boolean closed;

  /** Owned by the thread; of no time where the last try failed, so that the next comes soon. */
  private Instant renewed = Instant.MIN;

  /** Owned by the thread: whether the last try failed; logged once. */
  private boolean failing;

  /** Is told of tokens on the status thread, once they are in force. */
  private volatile Made made = (tokens, inUse) -> {};

  /** Hears of tokens that were made. */
  @FunctionalInterface
  interface Made {
    /**
     * Tokens are in force.
     *
     * @param inUse numbers of all lists that are in use
     */
    void made(List<StatusToken> tokens, Set<Integer> inUse);
  }

  /** Somebody waits for a token of a list that says what is now. */
  private record Request(int list, CompletableFuture<Void> published) {}

  /** Wakes the thread to its end. */
  private static final Request END = new Request(-1, new CompletableFuture<>());

  /**
   * Makes tokens from {@link #start} on.
   *
   * @param source where they are published, and for how long they count
   * @param trust the trust files, of which each token names the version in force
   * @param skew how far a token may be ahead of a verifier's clock
   */
  StatusTokens(
      Ledger ledger,
      KeysInUse keys,
      SignatureCounts counts,
      StatusSource source,
      TrustFiles trust,
      Duration skew,
      Duration ttl,
      InstantSource clock) {
    this.ledger = ledger;
    this.keys = keys;
    this.counts = counts;
    this.source = source;
    this.trust = trust;
    this.skew = skew;
    this.ttl = ttl;
    Duration third = ttl.dividedBy(3);
    Duration quarter = source.maxAge().dividedBy(4);
    this.renewal = third.compareTo(quarter) < 0 ? third : quarter;
    this.clock = clock;
    this.thread = new Thread(this::run, "writ-status");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Says whom to tell of tokens, and tells of those that are in force. */
  void whenMade(Made told) {
    made = told;
    told.made(List.copyOf(inForce.values()), Set.copyOf(inForce.keySet()));
  }

  /** Whether the tokens in force all know of the leaf at this place. */
  boolean allKnow(long leafIndex) {
    return inForce.values().stream()
        .allMatch(token -> token.claims().writ().treeSize() > leafIndex);
  }

  /** The number of the list that a token of this service is of. */
  static int number(StatusToken token) {
    String uri = token.claims().listUri();
    return Integer.parseInt(uri.substring(uri.lastIndexOf('/') + 1));
  }

  /** The number of the list that is published at {@code uri}, where it is one of this service's. */
  Optional<Integer> ofList(String uri) {
    return inForce.keySet().stream().filter(list -> uri(list).equals(uri)).findAny();
  }

  /** The newest token of a list in compact serialization, where the list is in use. */
  public Optional<String> token(int list) {
    return Optional.ofNullable(inForce.get(list)).map(StatusToken::compact);
  }

  /** How long a fetched token may be used before the next is fetched. */
  public Duration ttl() {
    return ttl;
  }

  /**
   * A token of a list that is young enough to go out with an artifact.
   *
   * @param epoch the artifact's: a token of an earlier one would say that there is no such policy
   * @return complete, but where there is none and one is being made; empty if it could not be
   */
  CompletionStage<Optional<StatusToken>> fresh(int list, long epoch) {
    Optional<StatusToken> token = freshInForce(list, epoch);
    return token.isPresent()
        ? CompletableFuture.completedFuture(token)
        : publish(list).handle((done, failure) -> freshInForce(list, epoch));
  }

  private Optional<StatusToken> freshInForce(int list, long epoch) {
    return Optional.ofNullable(inForce.get(list))
        .filter(token -> token.claims().writ().epoch() >= epoch && isFresh(token));
  }

  /** Half its life must be left to who gets it, and it must have begun for them. */
  private boolean isFresh(StatusToken token) {
    Instant now = clock.instant();
    // One of a key that another follows may be of a key that is believed no more.
    return token.kid().equals(keys.status().kid())
        && !isAhead(token, now)
        && now.isBefore(token.claims().iat().plus(source.maxAge().dividedBy(2)));
  }

  /**
   * A token is never of an earlier time than one before, as verifiers demand: where the clock fell
   * back, it is of a time to come, and verifiers whose clocks are this one refuse it.
   */
  private boolean isAhead(StatusToken token, Instant now) {
    return token.claims().iat().isAfter(now.plus(skew));
  }

  /** Whether a token was made when the clock showed a time that it has not reached again. */
  boolean isClockBehind() {
    Instant now = clock.instant();
    return inForce.values().stream().anyMatch(token -> isAhead(token, now));
  }

  /** Whether there are tokens, and all are fresh. */
  boolean areFresh() {
    return !inForce.isEmpty() && inForce.values().stream().allMatch(this::isFresh);
  }

  /** Where a list is published. */
  String uri(int list) {
    return StatusReference.listUri(source.uri(), list);
  }

  /** How old a token may be that somebody judges by. */
  Duration maxAge() {
    return source.maxAge();
  }

  /**
   * Makes a token of a list that says all that was committed before this was called.
   *
   * @return completes when it is in force, on the status thread; exceptionally with a {@link
   *     DeniedException} if it could not be made
   */
  CompletionStage<Void> publish(int list) {
    Request request = new Request(list, new CompletableFuture<>());
    requests.add(request);
    // After it was queued: the thread has it or, where that has ended, nobody.
    if (closed) {
      request.published().completeExceptionally(new DeniedException(Operations.CLOSING));
    }
    return request.published();
  }

  /** Likewise of all lists in use. */
  CompletionStage<Void> publishAll() throws LedgerException {
    return CompletableFuture.allOf(
        ledger.statusLists().stream()
            .map(list -> publish(list).toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new));
  }

  private void run() {
    while (!closed) {
      List<Request> taken = new ArrayList<>();
      try {
        Request first = requests.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        if (first != null) {
          taken.add(first);
        }
      } catch (InterruptedException e) {
        return;
      }
      requests.drainTo(taken);
      taken.remove(END);
      serve(taken);
    }
  }

  private void serve(List<Request> taken) {
    try {
      Set<Integer> lists = new TreeSet<>();
      taken.forEach(request -> lists.add(request.list()));
      if (isDue()) {
        renewAll(lists);
      } else if (!lists.isEmpty()) {
        make(lists);
      }
      failing = false;
      taken.forEach(request -> request.published().complete(null));
    } catch (LedgerException e) {
      renewed = Instant.MIN;
      failed(taken, Denial.of(e));
    } catch (HsmException e) {
      renewed = Instant.MIN;
      failed(taken, new Signing.Failed(e).denial());
    } catch (RuntimeException e) {
      // A defect must not end the thread: it would leave all tokens to grow old.
      Defect.log("a status token", e);
      renewed = Instant.MIN;
      failed(taken, Defect.DENIAL);
    }
  }

  /** A clock that fell back says nothing of how long ago that was. */
  private boolean isDue() {
    Instant now = clock.instant();
    return now.isBefore(renewed) || !now.isBefore(renewed.plus(renewal));
  }

  private void renewAll(Set<Integer> asked) throws LedgerException, HsmException {
    Instant now = clock.instant();
    Set<Integer> lists = new TreeSet<>(ledger.statusLists());
    lists.addAll(asked);
    make(lists);
    inForce.keySet().retainAll(lists);
    renewed = now;
  }

  private void make(Set<Integer> lists) throws LedgerException, HsmException {
    StatusSnapshot snapshot = ledger.statusSnapshot(List.copyOf(lists), source.maxAge());
    Optional<PolicyEpoch> policy = snapshot.policy();
    StatusGovernance governance =
        new StatusGovernance(
            policy.orElseThrow().epoch(),
            policy.orElseThrow().minEpoch(),
            policy.orElseThrow().policyDigest(),
            snapshot.treeSize(),
            snapshot.root(),
            trust.inForce());
    Instant iat = snapshot.at().truncatedTo(ChronoUnit.SECONDS);
    KeysInUse.InUse status = keys.status();
    List<StatusToken> tokens = new ArrayList<>();
    for (int list : lists) {
      byte[] input =
          StatusToken.signingInput(
              status.kid(),
              new StatusClaims(
                  uri(list),
                  iat,
                  iat.plus(source.maxAge()),
                  ttl,
                  StatusList.of(StatusList.MAX_SIZE, snapshot.revoked(list)),
                  governance));
      StatusToken token =
          StatusToken.assemble(
              input, counts.signed(SignatureCounts.Kind.STATUS_TOKEN, status.key(), input));
      inForce.put(list, token);
      tokens.add(token);
    }
    try {
      made.made(tokens, Set.copyOf(inForce.keySet()));
    } catch (RuntimeException e) {
      // They are in force, whoever was not told.
      Defect.log("telling of status tokens", e);
    }
  }

  private void failed(List<Request> taken, Denial denial) {
    if (!failing && !closed) {
      failing = true;
      System.getLogger(StatusTokens.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "status tokens must be renewed, and were not; it is tried again: {0}: {1}",
              denial.reason(),
              denial.message());
    }
    taken.forEach(
        request -> request.published().completeExceptionally(new DeniedException(denial)));
  }

  /** Makes no more. */
  @Override
  public void close() {
    closed = true;
    requests.add(END);
    try {
      thread.join(PATIENCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    List<Request> left = new ArrayList<>();
    requests.drainTo(left);
    failed(left, Operations.CLOSING);
  }
}
