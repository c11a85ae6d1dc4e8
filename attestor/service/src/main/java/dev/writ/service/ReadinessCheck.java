// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.writ.hsm.HsmException;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.PolicyEpoch;
import dev.writ.service.Readiness.Finding;
import dev.writ.service.Readiness.Part;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Finds out, by doing it, whether the service could issue an artifact: the issuer's key signs, the
 * ledger takes what is written and signs its head, the policy is the one in force, a status token is
 * fresh. At most once a second, however many ask; all who ask meanwhile get the same.
 *
 * <p>A part that hangs instead of failing is found wanting after {@link #PATIENCE}. It is not tried
 * again before it answered: no more than one thread hangs with it.
 */
final class ReadinessCheck implements AutoCloseable {
  /** How long a part may take to answer. */
  static final Duration PATIENCE = Duration.ofSeconds(2);

  /** It is tried as often as this where nobody asks, so that what metrics tell is not old. */
  private static final long EVERY_NANOS = 10_000_000_000L;

  private static final long GOOD_FOR_NANOS = 1_000_000_000;

  /** Not what any artifact could begin with: the signature is good for nothing. */
  private static final byte[] MESSAGE = "writ-readiness-v1\0".getBytes(StandardCharsets.US_ASCII);

  private static final Readiness ENDED =
      new Readiness(List.of(new Finding(Part.LEDGER, false, "the service has ended")));

  private final Signer issuer;
  private final Supplier<String> signs;
  private final Ledger ledger;
  private final Policies policies;
  private final Modes modes;
  private final StatusTokens tokens;
  private final Supplier<Optional<String>> reconciled;
  private final Duration patience;
  private final LongSupplier nanos;
  // One for each part that may hang on a thread of ours.
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          2,
          task -> {
            Thread daemon = new Thread(task, "writ-readiness");
            daemon.setDaemon(true);
            return daemon;
          });

  @GuardedBy("this")
  private final Map<Part, CompletableFuture<Finding>> tries = new EnumMap<>(Part.class);

  @GuardedBy("this")
  private Optional<Checked> last = Optional.empty();

  private volatile Optional<Readiness> found = Optional.empty();

  /** Signs as the issuer's key does. */
  interface Signer {
    byte[] sign(byte[] message) throws HsmException;
  }

  /** One round, and since when it goes. */
  private record Checked(long began, CompletableFuture<Readiness> readiness) {}

  /**
   * Nothing is found out yet.
   *
   * @param signs says which token it was that signed
   * @param reconciled what is to be told of comparing what stands with what should
   * @param patience how long a part may take to answer
   * @param nanos a clock such as {@link System#nanoTime}
   */
  ReadinessCheck(
      Signer issuer,
      Supplier<String> signs,
      Ledger ledger,
      Policies policies,
      Modes modes,
      StatusTokens tokens,
      Supplier<Optional<String>> reconciled,
      Duration patience,
      LongSupplier nanos) {
    this.issuer = issuer;
    this.signs = signs;
    this.ledger = ledger;
    this.policies = policies;
    this.modes = modes;
    this.tokens = tokens;
    this.reconciled = reconciled;
    this.patience = patience;
    this.nanos = nanos;
  }

  synchronized CompletionStage<Readiness> readiness() {
    long now = nanos.getAsLong();
    if (last.isPresent()) {
      Checked before = last.get();
      long age = now - before.began();
      if (age < (before.readiness().isDone() ? GOOD_FOR_NANOS : patience.toNanos())) {
        return before.readiness();
      }
    }
    CompletableFuture<Readiness> readiness = check();
    var unused = readiness.thenAccept(done -> found = Optional.of(done));
    last = Optional.of(new Checked(now, readiness));
    return readiness;
  }

  /** Tries it where nobody asked for a while; waits for nothing. */
  synchronized void tryIfDue() {
    if (last.isEmpty() || nanos.getAsLong() - last.get().began() >= EVERY_NANOS) {
      var unused = readiness();
    }
  }

  /** What was found last. */
  Optional<Readiness> found() {
    return found;
  }

  private synchronized CompletableFuture<Readiness> check() {
    try {
      CompletableFuture<Finding> hsm =
          tried(Part.HSM, () -> CompletableFuture.supplyAsync(this::hsm, threads));
      CompletableFuture<Finding> written =
          tried(
              Part.LEDGER,
              () -> ledger.probe().thenApply(ReadinessCheck::ledger).toCompletableFuture());
      CompletableFuture<Finding> inForce =
          tried(Part.POLICY, () -> CompletableFuture.supplyAsync(this::policy, threads));
      return CompletableFuture.allOf(hsm, written, inForce)
          .thenApply(
              all -> new Readiness(List.of(hsm.join(), written.join(), inForce.join(), status())));
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(ENDED);
    }
  }

  /** What a part answers within patience; one that has not answered the last time is not asked. */
  private synchronized CompletableFuture<Finding> tried(
      Part part, Supplier<CompletableFuture<Finding>> attempt) {
    Finding silent =
        new Finding(part, false, part.wire() + ": no answer within " + patience.toMillis() + " ms");
    CompletableFuture<Finding> before = tries.get(part);
    if (before != null && !before.isDone()) {
      return CompletableFuture.completedFuture(silent);
    }
    CompletableFuture<Finding> asked = attempt.get();
    tries.put(part, asked);
    return asked.copy().completeOnTimeout(silent, patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  private Finding hsm() {
    try {
      byte[] signature = issuer.sign(MESSAGE);
      return new Finding(Part.HSM, signature.length > 0, signs.get());
    } catch (HsmException e) {
      return new Finding(Part.HSM, false, String.valueOf(e.getMessage()));
    }
  }

  private static Finding ledger(Optional<LedgerException> failure) {
    return failure.isEmpty()
        ? new Finding(Part.LEDGER, true, "the store can be written, the checkpoint's key signs")
        : new Finding(Part.LEDGER, false, String.valueOf(failure.get().getMessage()));
  }

  private Finding policy() {
    Optional<Denial> unusable = policies.unusable();
    if (unusable.isPresent()) {
      return new Finding(Part.POLICY, false, unusable.get().message());
    }
    try {
      long epoch = ledger.policyEpoch().map(PolicyEpoch::epoch).orElse(0L);
      return epoch == policies.epoch()
          ? new Finding(
              Part.POLICY,
              true,
              "epoch "
                  + epoch
                  + " is in force"
                  + modes.notice().map(said -> "; " + said).orElse(""))
          : new Finding(
              Part.POLICY,
              false,
              "the service's policy must be the one in force, is of epoch "
                  + policies.epoch()
                  + ", and epoch "
                  + epoch
                  + " is: it follows within the second");
    } catch (LedgerException e) {
      return new Finding(Part.POLICY, false, String.valueOf(e.getMessage()));
    }
  }

  private Finding status() {
    if (tokens.areFresh()) {
      return new Finding(
          Part.STATUS,
          true,
          "status tokens are fresh" + reconciled.get().map(said -> "; " + said).orElse(""));
    }
    return new Finding(
        Part.STATUS,
        false,
        tokens.isClockBehind()
            ? "the clock must not be before the iat of a status token that was made, and is behind:"
                + " set it right"
            : "status tokens must be younger than half of max_age_s, and are not: see the log");
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
